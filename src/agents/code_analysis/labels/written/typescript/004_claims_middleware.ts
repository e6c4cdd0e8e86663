import type { NextFunction, Request, Response } from 'express';
import { createRemoteJWKSet, jwtVerify } from 'jose';

export interface Claims {
  subject: string;
  permissions: readonly string[];
}

export interface VerifierSettings {
  issuer: string;
  audience: string;
  jwksUri: URL;
}

export function authenticator(settings: VerifierSettings) {
  const keys = createRemoteJWKSet(settings.jwksUri, { timeoutDuration: 5000 });

  return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const [scheme, token] = (req.header('authorization') ?? '').split(' ');
    if (scheme !== 'Bearer' || !token) {
      res.status(401).json({ error: 'unauthenticated' });
      return;
    }
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: settings.issuer,
        audience: settings.audience,
        algorithms: ['RS256', 'ES256'],
        requiredClaims: ['sub', 'exp'],
      });
      const permissions = Array.isArray(payload.permissions) ? payload.permissions.map(String) : [];
      res.locals.claims = { subject: String(payload.sub), permissions } satisfies Claims;
    } catch {
      res.status(401).json({ error: 'unauthenticated' });
      return;
    }
    next();
  };
}

export const requirePermission =
  (name: string) =>
  (_req: Request, res: Response, next: NextFunction): void => {
    const claims = res.locals.claims as Claims | undefined;
    if (claims?.permissions.includes(name)) {
      next();
      return;
    }
    res.status(403).json({ error: 'forbidden' });
  };
