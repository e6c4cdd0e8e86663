import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import yauzl from 'yauzl-promise';

const MAX_ENTRIES = 1000;
const MAX_BYTES = 100 * 1024 * 1024;

export class UnpackError extends Error {
  constructor(message) {
    super(message);
    this.name = 'UnpackError';
  }
}

function targetFor(root, name) {
  const target = path.resolve(root, name);
  const relative = path.relative(root, target);
  if (relative === '' || relative.startsWith('..') || path.isAbsolute(relative)) {
    throw new UnpackError('entry outside of the target');
  }
  return target;
}

function limiter(budget) {
  return new Transform({
    transform(chunk, encoding, callback) {
      budget.left -= chunk.length;
      if (budget.left < 0) {
        callback(new UnpackError('archive is too large'));
      } else {
        callback(null, chunk);
      }
    },
  });
}

export async function unpack(file, directory) {
  const root = path.resolve(directory);
  await fs.promises.mkdir(root, { recursive: true });
  const zip = await yauzl.open(file);
  const budget = { left: MAX_BYTES };
  let count = 0;
  try {
    for await (const entry of zip) {
      count += 1;
      if (count > MAX_ENTRIES) {
        throw new UnpackError('too many entries');
      }
      const target = targetFor(root, entry.filename);
      if (entry.filename.endsWith('/')) {
        await fs.promises.mkdir(target, { recursive: true });
        continue;
      }
      await fs.promises.mkdir(path.dirname(target), { recursive: true });
      const source = await entry.openReadStream();
      await pipeline(source, limiter(budget), fs.createWriteStream(target, { flags: 'wx' }));
    }
  } finally {
    await zip.close();
  }
  return count;
}
