import { Router, Request, Response } from 'express';
import multer from 'multer';
import yauzl, { Entry, ZipFile } from 'yauzl';
import * as fs from 'fs';
import * as path from 'path';
import { pipeline } from 'stream/promises';
import { adminOnly } from '../middleware/roles';

const upload = multer({ dest: '/var/tmp/theme-uploads', limits: { fileSize: 20 << 20 } });
const THEMES = path.resolve('themes');

function open(file: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.open(file, { lazyEntries: true, strictFileNames: false, decodeStrings: false }, (err, zip) =>
      err || !zip ? reject(err) : resolve(zip),
    );
  });
}

function entryStream(zip: ZipFile, entry: Entry): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (err, s) => (err || !s ? reject(err) : resolve(s)));
  });
}

async function unpack(file: string, target: string): Promise<number> {
  const zip = await open(file);
  let count = 0;
  return new Promise((resolve, reject) => {
    zip.on('entry', async (entry: Entry) => {
      try {
        const name = entry.fileName.toString();
        const dest = path.join(target, name);
        if (name.endsWith('/')) {
          await fs.promises.mkdir(dest, { recursive: true });
        } else {
          await fs.promises.mkdir(path.dirname(dest), { recursive: true });
          await pipeline(await entryStream(zip, entry), fs.createWriteStream(dest));
          count++;
        }
        zip.readEntry();
      } catch (e) {
        reject(e);
      }
    });
    zip.on('end', () => resolve(count));
    zip.on('error', reject);
    zip.readEntry();
  });
}

export const themes = Router();

themes.post('/themes', adminOnly, upload.single('archive'), async (req: Request, res: Response) => {
  if (!req.file) {
    return res.status(400).json({ error: 'archive missing' });
  }
  const target = path.join(THEMES, Date.now().toString(36));
  try {
    const files = await unpack(req.file.path, target);
    return res.status(201).json({ files });
  } catch (e) {
    return res.status(422).json({ error: 'archive could not be read' });
  } finally {
    await fs.promises.unlink(req.file.path).catch(() => undefined);
  }
});
