import Fastify, { FastifyRequest } from 'fastify';
import fastifyJwt from '@fastify/jwt';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

const secret = process.env.JWT_SECRET;
if (!secret) {
  throw new Error('JWT_SECRET is not set');
}

const app = Fastify({ logger: true });
app.register(fastifyJwt, { secret, verify: { algorithms: ['HS256'] } });

const BASE = '/srv/statements';

type StatementParams = { Params: { year: number; month: number } };

function fileFor(accountId: number, year: number, month: number): string {
  const name = `${year}-${String(month).padStart(2, '0')}.pdf`;
  return join(BASE, String(accountId), name);
}

app.addHook('onRequest', async (request) => {
  await request.jwtVerify();
});

app.get(
  '/statements/:year/:month',
  {
    schema: {
      params: {
        type: 'object',
        required: ['year', 'month'],
        properties: {
          year: { type: 'integer', minimum: 2000, maximum: 2100 },
          month: { type: 'integer', minimum: 1, maximum: 12 },
        },
      },
    },
  },
  async (request: FastifyRequest<StatementParams>, reply) => {
    const accountId = Number((request.user as { acc: number }).acc);
    if (!Number.isSafeInteger(accountId)) {
      return reply.code(403).send({ error: 'no account' });
    }
    const file = fileFor(accountId, request.params.year, request.params.month);
    const info = await stat(file).catch(() => null);
    if (!info?.isFile()) {
      return reply.code(404).send({ error: 'not found' });
    }
    return reply.type('application/pdf').header('Content-Length', info.size).send(createReadStream(file));
  },
);

app.listen({ port: Number(process.env.PORT ?? 8081), host: '127.0.0.1' });
