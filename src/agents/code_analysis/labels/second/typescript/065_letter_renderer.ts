import path from 'node:path';
import nunjucks from 'nunjucks';
import { Router, Request, Response } from 'express';
import { z } from 'zod';
import { requireUser } from '../middleware/auth';

const env = new nunjucks.Environment(
  new nunjucks.FileSystemLoader(path.join(__dirname, '..', 'templates'), { noCache: false }),
  { autoescape: true, throwOnUndefined: true },
);

const LETTERS = {
  welcome: 'letters/welcome.njk',
  reminder: 'letters/reminder.njk',
  cancellation: 'letters/cancellation.njk',
} as const;

const letterSchema = z.object({
  kind: z.enum(['welcome', 'reminder', 'cancellation']),
  salutation: z.string().max(80),
  paragraphs: z.array(z.string().max(2000)).max(10),
});

type Letter = z.infer<typeof letterSchema>;

function render(letter: Letter, sender: string): Promise<string> {
  const context = {
    salutation: letter.salutation,
    paragraphs: letter.paragraphs,
    sender,
    date: new Date().toISOString().slice(0, 10),
  };
  return new Promise((resolve, reject) => {
    env.render(LETTERS[letter.kind], context, (err, html) => (err || html === null ? reject(err) : resolve(html)));
  });
}

export const letters = Router();

letters.post('/letters/preview', requireUser, async (req: Request, res: Response) => {
  const parsed = letterSchema.safeParse(req.body);
  if (!parsed.success) {
    return res.status(400).json({ error: 'invalid letter' });
  }
  try {
    const html = await render(parsed.data, res.locals.user.displayName);
    res.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'self'");
    return res.type('html').send(html);
  } catch (e) {
    console.error('letter could not be rendered', e);
    return res.status(500).json({ error: 'letter could not be rendered' });
  }
});
