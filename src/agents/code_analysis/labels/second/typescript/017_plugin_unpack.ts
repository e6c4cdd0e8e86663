import AdmZip from 'adm-zip';
import * as fs from 'node:fs';
import * as path from 'node:path';

export class ArchiveError extends Error {}

export interface UnpackLimits {
  maxEntries: number;
  maxTotalBytes: number;
}

const DEFAULTS: UnpackLimits = { maxEntries: 500, maxTotalBytes: 30 * 1024 * 1024 };

function inside(root: string, candidate: string): boolean {
  const rel = path.relative(root, candidate);
  return rel !== '' && !rel.startsWith('..') && !path.isAbsolute(rel);
}

export function unpackPlugin(archive: string, destination: string, limits: UnpackLimits = DEFAULTS): string[] {
  const root = path.resolve(destination);
  const zip = new AdmZip(archive);
  const entries = zip.getEntries();
  if (entries.length > limits.maxEntries) {
    throw new ArchiveError('too many entries');
  }

  const declared = entries.reduce((sum, e) => sum + e.header.size, 0);
  if (declared > limits.maxTotalBytes) {
    throw new ArchiveError('archive too large');
  }

  const planned = entries
    .filter((e) => !e.isDirectory)
    .map((entry) => {
      const target = path.resolve(root, entry.entryName);
      if (!inside(root, target)) {
        throw new ArchiveError('entry outside of the plugin directory');
      }
      return { entry, target };
    });

  const written: string[] = [];
  let total = 0;
  for (const { entry, target } of planned) {
    const data = entry.getData();
    total += data.length;
    if (total > limits.maxTotalBytes) {
      throw new ArchiveError('archive too large');
    }
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, data, { mode: 0o644, flag: 'wx' });
    written.push(path.relative(root, target));
  }
  return written;
}
