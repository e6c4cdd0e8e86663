import express, { NextFunction, Request, Response } from 'express';
import { promises as fs, createReadStream } from 'fs';
import path from 'path';
import { requireLogin } from './middleware/auth';

const ROOT = path.resolve(process.env.MANUALS_DIR ?? './var/manuals');
const TYPES: Record<string, string> = {
  '.pdf': 'application/pdf',
  '.txt': 'text/plain; charset=utf-8',
  '.epub': 'application/epub+zip',
};

export const manualsRouter = express.Router();
manualsRouter.use(requireLogin);

async function locate(name: string): Promise<string | null> {
  if (name.includes('\0')) {
    return null;
  }
  const candidate = path.resolve(ROOT, name);
  if (!candidate.startsWith(ROOT + path.sep)) {
    return null;
  }
  try {
    const [root, real] = await Promise.all([fs.realpath(ROOT), fs.realpath(candidate)]);
    return real.startsWith(root + path.sep) ? real : null;
  } catch {
    return null;
  }
}

manualsRouter.get('/file', async (req: Request, res: Response, next: NextFunction) => {
  const name = req.query.name;
  if (typeof name !== 'string' || name.length === 0) {
    res.status(400).json({ error: 'name is required' });
    return;
  }
  const file = await locate(name);
  const type = file ? TYPES[path.extname(file).toLowerCase()] : undefined;
  if (!file || !type) {
    res.status(404).json({ error: 'not found' });
    return;
  }
  res.setHeader('Content-Type', type);
  res.setHeader('X-Content-Type-Options', 'nosniff');
  const stream = createReadStream(file);
  stream.on('error', next);
  stream.pipe(res);
});
