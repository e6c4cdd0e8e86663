import { Router, Request, Response } from 'express';
import { saveConsent } from '../repositories/consent';
import { requireUser } from '../middleware/auth';
import { csrfProtection } from '../middleware/csrf';

const router = Router();
const ORIGIN = new URL(process.env.PUBLIC_ORIGIN ?? 'https://app.example.com').origin;
const PURPOSES = ['analytics', 'newsletter', 'personalisation'] as const;
type Purpose = (typeof PURPOSES)[number];

function localTarget(raw: unknown): string {
  if (typeof raw !== 'string' || raw.length > 500) {
    return '/';
  }
  try {
    const url = new URL(raw, ORIGIN);
    if (url.origin !== ORIGIN) {
      return '/';
    }
    const path = '/' + url.pathname.replace(/^[/\\]+/, '');
    return path + url.search;
  } catch {
    return '/';
  }
}

function chosen(body: Record<string, unknown>): Purpose[] {
  return PURPOSES.filter((p) => body[p] === 'on');
}

router.get('/consent', requireUser, (req: Request, res: Response) => {
  res.render('consent', { purposes: PURPOSES, next: localTarget(req.query.next), csrfToken: res.locals.csrfToken });
});

router.post('/consent', requireUser, csrfProtection, async (req: Request, res: Response) => {
  try {
    await saveConsent(res.locals.user.id, chosen(req.body));
  } catch (e) {
    console.error('consent not saved', e);
    return res.status(500).render('error');
  }
  return res.redirect(303, localTarget(req.body.next));
});

export default router;
