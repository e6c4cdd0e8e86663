import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import Fastify, { FastifyInstance } from 'fastify';

export interface Settings {
  origins: string[];
  cookieSecret: string;
  production: boolean;
}

export function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  const cookieSecret = env.COOKIE_SECRET ?? '';
  if (cookieSecret.length < 32) {
    throw new Error('COOKIE_SECRET needs at least 32 characters');
  }
  return {
    cookieSecret,
    origins: (env.ALLOWED_ORIGINS ?? '')
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry.startsWith('https://')),
    production: env.NODE_ENV === 'production',
  };
}

export async function buildServer(settings: Settings): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: settings.production ? 'info' : 'debug' }, bodyLimit: 262_144 });

  await app.register(helmet);
  await app.register(rateLimit, { max: 120, timeWindow: '1 minute' });
  await app.register(cors, { origin: settings.origins, credentials: true, methods: ['GET', 'POST'] });
  await app.register(cookie, { secret: settings.cookieSecret });

  app.setErrorHandler((error, request, reply) => {
    request.log.error({ err: error }, 'request failed');
    const status = error.statusCode && error.statusCode < 500 ? error.statusCode : 500;
    return reply.code(status).send({ error: status < 500 ? 'request refused' : 'internal error' });
  });

  app.get('/health', async () => ({ ok: true }));
  return app;
}
