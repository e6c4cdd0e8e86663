import express, { Request, Response } from 'express';
import { execFile } from 'child_process';
import { promisify } from 'util';
import * as path from 'path';
import { requireUser } from './auth';

const run = promisify(execFile);
const router = express.Router();

const MEDIA_ROOT = process.env.MEDIA_ROOT || '/srv/media';
const CODECS: Readonly<Record<string, string[]>> = Object.freeze({
  mp3: ['-codec:a', 'libmp3lame', '-q:a', '2'],
  ogg: ['-codec:a', 'libvorbis', '-q:a', '5'],
});

function codecArgs(format: string): string[] | undefined {
  return Object.prototype.hasOwnProperty.call(CODECS, format) ? CODECS[format] : undefined;
}

function clampSeconds(value: unknown): number {
  const n = Number(value);
  return Number.isFinite(n) ? Math.min(Math.max(n, 0), 3600) : 0;
}

router.post('/tracks/:id(\\d+)/convert', requireUser, async (req: Request, res: Response) => {
  const format = String(req.body.format);
  const extra = codecArgs(format);
  if (!extra) {
    return res.status(400).json({ error: 'unsupported format' });
  }
  const id = Number(req.params.id);
  const source = path.join(MEDIA_ROOT, 'tracks', `${id}.wav`);
  const target = path.join(MEDIA_ROOT, 'converted', `${id}.${format}`);
  const args = ['-y', '-ss', String(clampSeconds(req.body.start)), '-i', source, ...extra, target];
  try {
    await run('ffmpeg', args, { timeout: 60_000 });
    return res.status(201).json({ id, format });
  } catch (e) {
    console.error('conversion failed for track %d', id, e);
    return res.status(500).json({ error: 'conversion failed' });
  }
});

export default router;
