import { appendFile, mkdir } from 'fs/promises';
import { dirname } from 'path';
import { NextFunction, Request, Response, Router } from 'express';
import { verifyPassword } from '../lib/passwords';
import { findUser } from '../repositories/users';

type Outcome = 'LOGIN_OK' | 'LOGIN_FAILED' | 'LOGOUT';

interface AuditEvent {
  outcome: Outcome;
  user: string;
  ip: string;
  agent: string;
}

export class AuditTrail {
  private ready?: Promise<unknown>;

  constructor(private readonly file: string) {}

  async write(event: AuditEvent): Promise<void> {
    this.ready ??= mkdir(dirname(this.file), { recursive: true });
    await this.ready;
    const line = this.format(event);
    await appendFile(this.file, line + '\n', { encoding: 'utf8', mode: 0o640 });
  }

  private format(event: AuditEvent): string {
    const time = new Date().toISOString();
    return `${time} ${event.outcome} user=${event.user} ip=${event.ip} agent="${event.agent}"`;
  }
}

const trail = new AuditTrail(process.env.AUDIT_LOG ?? '/var/log/portal/audit.log');

function eventOf(req: Request, outcome: Outcome): AuditEvent {
  return {
    outcome,
    user: String(req.body?.username ?? '-'),
    ip: req.ip ?? '-',
    agent: req.get('user-agent') ?? '-',
  };
}

export const auth = Router();

auth.post('/login', async (req: Request, res: Response, next: NextFunction) => {
  try {
    const user = await findUser(String(req.body.username));
    const ok = user !== null && (await verifyPassword(String(req.body.password), user.passwordHash));
    await trail.write(eventOf(req, ok ? 'LOGIN_OK' : 'LOGIN_FAILED'));
    if (!user || !ok) {
      return res.status(401).json({ error: 'login failed' });
    }
    req.session.regenerate((err) => {
      if (err) return next(err);
      (req.session as any).userId = user.id;
      return res.json({ id: user.id });
    });
  } catch (e) {
    return next(e);
  }
});
