import { Router, Request, Response, NextFunction } from 'express';
import jwt from 'jsonwebtoken';
import { z } from 'zod';

const env = z
  .object({
    TOKEN_KEY: z.string().min(32),
    TOKEN_ISSUER: z.string().url(),
  })
  .parse(process.env);

const claimsSchema = z.object({
  sub: z.string().min(1),
  role: z.enum(['viewer', 'editor', 'owner']),
  exp: z.number().int(),
});

export type Claims = z.infer<typeof claimsSchema>;

export function issue(userId: string, role: Claims['role']): string {
  return jwt.sign({ role }, env.TOKEN_KEY, {
    algorithm: 'HS256',
    subject: userId,
    issuer: env.TOKEN_ISSUER,
    expiresIn: '15m',
  });
}

export function verify(token: string): Claims | null {
  try {
    const payload = jwt.verify(token, env.TOKEN_KEY, { algorithms: ['HS256'], issuer: env.TOKEN_ISSUER });
    return claimsSchema.parse(payload);
  } catch {
    return null;
  }
}

export function requireRole(...roles: Claims['role'][]) {
  return (req: Request, res: Response, next: NextFunction): void => {
    const header = req.get('authorization') ?? '';
    const claims = header.startsWith('Bearer ') ? verify(header.substring(7)) : null;
    if (!claims) {
      res.status(401).json({ error: 'unauthorized' });
      return;
    }
    if (!roles.includes(claims.role)) {
      res.status(403).json({ error: 'forbidden' });
      return;
    }
    res.locals.claims = claims;
    next();
  };
}

export const me = Router();

me.get('/me', requireRole('viewer', 'editor', 'owner'), (_req: Request, res: Response) => {
  const { sub, role } = res.locals.claims as Claims;
  res.json({ id: sub, role });
});
