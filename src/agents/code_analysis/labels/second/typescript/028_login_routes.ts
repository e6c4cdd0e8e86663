import { Router, Request, Response } from 'express';
import bcrypt from 'bcryptjs';
import { body, validationResult } from 'express-validator';
import { findByEmail } from '../repositories/users';
import { loginLimiter } from '../middleware/limits';

declare module 'express-session' {
  interface SessionData {
    userId?: number;
    returnTo?: string;
  }
}

const router = Router();
const DUMMY = '$2a$12$C6UzMDM.H6dfI/f/IKcEeO7ZbZ6Y1s2kqv1o8q8nCqv8xkD0k7w2e';

router.get('/login', (req: Request, res: Response) => {
  if (typeof req.query.returnTo === 'string') {
    req.session.returnTo = req.query.returnTo;
  }
  res.render('login', { csrfToken: res.locals.csrfToken, error: null });
});

router.post(
  '/login',
  loginLimiter,
  body('email').isEmail().normalizeEmail(),
  body('password').isLength({ min: 1, max: 128 }),
  async (req: Request, res: Response) => {
    if (!validationResult(req).isEmpty()) {
      return res.status(400).render('login', { csrfToken: res.locals.csrfToken, error: 'Please check your input.' });
    }
    const user = await findByEmail(req.body.email);
    const ok = await bcrypt.compare(req.body.password, user?.passwordHash ?? DUMMY);
    if (!user || !ok) {
      return res.status(401).render('login', { csrfToken: res.locals.csrfToken, error: 'Email or password is wrong.' });
    }
    const target = req.session.returnTo || '/dashboard';
    req.session.regenerate((err) => {
      if (err) {
        return res.status(500).render('error');
      }
      req.session.userId = user.id;
      return res.redirect(302, target);
    });
  },
);

export default router;
