import Fastify, { FastifyReply, FastifyRequest } from 'fastify';
import { readFile, readdir, unlink } from 'node:fs/promises';
import { apiKeyAuth } from './auth.js';

const app = Fastify({ logger: true });
app.addHook('onRequest', apiKeyAuth);

const REPORT_DIR = '/srv/reports';

type NameParams = { Params: { '*': string } };

function clean(name: string): string {
  return name.replace('../', '').replace(/^\/+/, '');
}

async function load(name: string): Promise<string> {
  const file = `${REPORT_DIR}/${clean(name)}`;
  return readFile(file, 'utf8');
}

app.get('/reports', async () => {
  const names = await readdir(REPORT_DIR);
  return { reports: names.filter((n) => n.endsWith('.json') || n.endsWith('.md')) };
});

app.get('/reports/*', async (request: FastifyRequest<NameParams>, reply: FastifyReply) => {
  try {
    const content = await load(decodeURIComponent(request.params['*']));
    return reply.type('text/plain; charset=utf-8').send(content);
  } catch {
    return reply.code(404).send({ error: 'no such report' });
  }
});

app.delete('/reports/*', async (request: FastifyRequest<NameParams>, reply: FastifyReply) => {
  const name = clean(request.params['*']);
  try {
    await unlink(`${REPORT_DIR}/${name}`);
    return reply.code(204).send();
  } catch {
    return reply.code(404).send({ error: 'no such report' });
  }
});

const port = Number(process.env.PORT ?? 8080);
app.listen({ port, host: '127.0.0.1' }).catch((err) => {
  app.log.error(err);
  process.exit(1);
});
