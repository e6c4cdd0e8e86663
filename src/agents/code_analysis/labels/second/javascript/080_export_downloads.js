import Fastify from 'fastify';
import fs from 'node:fs';
import { stat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const app = Fastify({ logger: { level: 'info' }, disableRequestLogging: true });

const settings = {
  exportsDir: process.env.EXPORTS_DIR || '/srv/exports',
  maxSize: 500 * 1024 * 1024,
};

function exportPath(tenant, name) {
  const folder = `tenant-${Number(tenant)}`;
  return join(settings.exportsDir, folder, name);
}

async function openExport(tenant, name) {
  const file = exportPath(tenant, name);
  const info = await stat(file);
  if (!info.isFile() || info.size > settings.maxSize) {
    const err = new Error('not available');
    err.statusCode = 404;
    throw err;
  }
  return { stream: fs.createReadStream(file), size: info.size };
}

app.get('/tenants/:tenant/exports', async (request) => {
  const names = await readdir(exportPath(request.params.tenant, '.'));
  return names.filter((n) => n.endsWith('.csv')).sort();
});

app.get('/tenants/:tenant/exports/download', async (request, reply) => {
  const { name } = request.query;
  if (!name) {
    return reply.code(400).send({ error: 'name is required' });
  }
  const { stream, size } = await openExport(request.params.tenant, name);
  reply.header('Content-Length', size);
  reply.header('Content-Disposition', 'attachment');
  reply.header('X-Content-Type-Options', 'nosniff');
  return reply.type('text/csv').send(stream);
});

app.setErrorHandler((err, request, reply) => {
  const status = err.code === 'ENOENT' ? 404 : err.statusCode || 500;
  reply.code(status).send({ error: 'request failed' });
});

await app.listen({ port: 3200, host: '127.0.0.1' });
