import express, { Express, NextFunction, Request, Response } from 'express';
import session, { SessionOptions } from 'express-session';
import RedisStore from 'connect-redis';
import helmet from 'helmet';
import { createClient } from 'redis';

const THIRTY_MINUTES = 30 * 60 * 1000;

function required(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not configured`);
  }
  return value;
}

async function sessionOptions(): Promise<SessionOptions> {
  const client = createClient({ url: required('REDIS_URL') });
  client.on('error', (e) => console.error('redis', e));
  await client.connect();
  return {
    name: '__Host-sid',
    store: new RedisStore({ client, prefix: 'sess:' }),
    secret: required('SESSION_SECRET'),
    resave: false,
    saveUninitialized: false,
    rolling: true,
    cookie: {
      path: '/',
      httpOnly: true,
      secure: true,
      sameSite: 'strict',
      maxAge: THIRTY_MINUTES,
    },
  };
}

function rememberColorScheme(req: Request, res: Response, next: NextFunction): void {
  const scheme = req.query.scheme;
  if (scheme === 'dark' || scheme === 'light') {
    res.cookie('scheme', scheme, { secure: true, httpOnly: true, sameSite: 'lax', maxAge: 365 * 86_400_000 });
  }
  next();
}

export async function createApp(): Promise<Express> {
  const app = express();
  app.set('trust proxy', 1);
  app.use(helmet());
  app.use(session(await sessionOptions()));
  app.use(rememberColorScheme);
  app.get('/healthz', (_req, res) => {
    res.json({ ok: true });
  });
  return app;
}
