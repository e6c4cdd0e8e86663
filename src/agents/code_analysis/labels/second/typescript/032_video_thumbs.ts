import express, { Request, Response } from 'express';
import { exec } from 'child_process';
import { promisify } from 'util';
import * as path from 'path';
import * as fs from 'fs/promises';

const run = promisify(exec);
const app = express();
app.use(express.json({ limit: '32kb' }));

const MEDIA_ROOT = process.env.MEDIA_ROOT || '/srv/media';

interface ThumbRequest {
  at: string;
  width?: number;
}

async function ensureDir(dir: string): Promise<void> {
  await fs.mkdir(dir, { recursive: true });
}

app.post('/videos/:id(\\d+)/thumbnail', async (req: Request, res: Response) => {
  const { at, width } = req.body as ThumbRequest;
  if (!at) {
    return res.status(400).json({ error: 'position is required' });
  }

  const source = path.join(MEDIA_ROOT, 'video', `${req.params.id}.mp4`);
  const outDir = path.join(MEDIA_ROOT, 'thumbs');
  const target = path.join(outDir, `${req.params.id}.jpg`);
  const scale = Number(width) || 320;

  try {
    await ensureDir(outDir);
    const cmd = `ffmpeg -y -ss ${at} -i "${source}" -vframes 1 -vf scale=${scale}:-1 "${target}"`;
    const { stderr } = await run(cmd, { timeout: 20000 });
    if (stderr.includes('Output file is empty')) {
      return res.status(422).json({ error: 'no frame at this position' });
    }
    return res.status(201).json({ thumbnail: `/thumbs/${req.params.id}.jpg` });
  } catch (e) {
    console.error('thumbnail generation failed for video', req.params.id);
    return res.status(500).json({ error: 'thumbnail generation failed' });
  }
});

app.listen(Number(process.env.PORT) || 3000);
