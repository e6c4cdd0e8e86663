import { NextFunction, Request, Response } from 'express';
import jwt, { JwtPayload } from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';
import { findAccount, Account } from './accounts';

export interface GatewayRequest extends Request {
  account?: Account;
  scopes?: Set<string>;
}

const accounts = new LRUCache<string, Account>({ max: 2000, ttl: 60_000 });

function bearer(req: Request): string | null {
  const header = req.headers.authorization ?? '';
  const [scheme, token] = header.split(' ');
  return scheme?.toLowerCase() === 'bearer' && token ? token : null;
}

function claims(token: string): JwtPayload | null {
  const payload = jwt.decode(token);
  if (!payload || typeof payload === 'string') {
    return null;
  }
  if (payload.exp === undefined || payload.exp * 1000 < Date.now()) {
    return null;
  }
  return payload;
}

async function load(id: string): Promise<Account | null> {
  const known = accounts.get(id);
  if (known) {
    return known;
  }
  const account = await findAccount(id);
  if (account) {
    accounts.set(id, account);
  }
  return account;
}

export async function gatewayAuth(req: GatewayRequest, res: Response, next: NextFunction): Promise<void> {
  const token = bearer(req);
  const payload = token ? claims(token) : null;
  if (!payload?.sub) {
    res.status(401).json({ error: 'authentication required' });
    return;
  }
  try {
    const account = await load(payload.sub);
    if (!account || account.disabled) {
      res.status(403).json({ error: 'account is not active' });
      return;
    }
    req.account = account;
    req.scopes = new Set(String(payload.scope ?? '').split(' '));
    next();
  } catch (e) {
    next(e);
  }
}
