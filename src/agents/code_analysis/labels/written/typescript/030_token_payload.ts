import type { NextFunction, Request, Response } from 'express';

export interface Claims {
  sub: string;
  exp: number;
  tenant: string;
  permissions: string[];
}

declare module 'express-serve-static-core' {
  interface Request {
    claims?: Claims;
  }
}

function parseToken(token: string): Claims | null {
  const [, payload] = token.split('.');
  if (!payload) {
    return null;
  }
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Claims;
  } catch {
    return null;
  }
}

export function authenticate(req: Request, res: Response, next: NextFunction): void {
  const header = req.header('authorization') ?? '';
  const claims = header.startsWith('Bearer ') ? parseToken(header.slice(7)) : null;
  if (!claims || claims.exp * 1000 < Date.now()) {
    res.status(401).json({ error: 'unauthenticated' });
    return;
  }
  req.claims = claims;
  next();
}

export const requirePermission =
  (name: string) =>
  (req: Request, res: Response, next: NextFunction): void => {
    if (req.claims?.permissions?.includes(name)) {
      next();
      return;
    }
    res.status(403).json({ error: 'forbidden' });
  };
