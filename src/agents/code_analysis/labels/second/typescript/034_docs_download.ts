import express, { NextFunction, Request, Response } from 'express';
import fs from 'fs';
import path from 'path';
import mime from 'mime-types';
import { requireLogin } from './middleware/auth';

const DOCS_DIR = path.resolve(process.env.DOCS_DIR ?? './var/docs');

export const docsRouter = express.Router();
docsRouter.use(requireLogin);

function listDocs(): string[] {
  return fs
    .readdirSync(DOCS_DIR, { withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => e.name)
    .sort();
}

function locate(name: string): string {
  const trimmed = name.trim();
  return path.join(DOCS_DIR, trimmed.endsWith('/') ? trimmed.slice(0, -1) : trimmed);
}

docsRouter.get('/', (_req: Request, res: Response, next: NextFunction) => {
  try {
    res.json({ documents: listDocs() });
  } catch (e) {
    next(e);
  }
});

docsRouter.get('/download', (req: Request, res: Response, next: NextFunction) => {
  const name = req.query.name;
  if (typeof name !== 'string' || name.length === 0) {
    res.status(400).json({ error: 'name is required' });
    return;
  }
  const file = locate(name);
  if (!fs.existsSync(file)) {
    res.status(404).json({ error: 'not found' });
    return;
  }
  res.setHeader('Content-Type', mime.lookup(file) || 'application/octet-stream');
  const stream = fs.createReadStream(file);
  stream.on('error', next);
  stream.pipe(res);
});
