import { createHash } from 'node:crypto';
import { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';

interface EtagOptions {
  maxBytes?: number;
}

function fingerprint(payload: string | Buffer): string {
  return createHash('md5').update(payload).digest('base64url');
}

function matches(header: string | undefined, etag: string): boolean {
  if (!header) {
    return false;
  }
  if (header.trim() === '*') {
    return true;
  }
  return header
    .split(',')
    .map((v) => v.trim().replace(/^W\//, ''))
    .includes(etag);
}

const etagPlugin: FastifyPluginAsync<EtagOptions> = async (app: FastifyInstance, options) => {
  const maxBytes = options.maxBytes ?? 1024 * 1024;

  app.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
    if (request.method !== 'GET' || reply.statusCode !== 200) {
      return payload;
    }
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) {
      return payload;
    }
    if (payload.length > maxBytes || reply.hasHeader('etag')) {
      return payload;
    }
    const etag = `"${fingerprint(payload)}"`;
    reply.header('etag', etag);
    if (matches(request.headers['if-none-match'], etag)) {
      reply.code(304);
      return '';
    }
    return payload;
  });
};

export function memoKey(route: string, query: Record<string, unknown>): string {
  const sorted = Object.keys(query)
    .sort()
    .map((k) => [k, query[k]]);
  return route + ':' + createHash('sha1').update(JSON.stringify(sorted)).digest('hex');
}

export default fp(etagPlugin, { name: 'content-etag' });
