import http, { IncomingMessage, ServerResponse } from 'node:http';
import vm from 'node:vm';
import { setTimeout as delay } from 'node:timers/promises';

interface Hook {
  id: string;
  script: string;
  hits: number;
}

const hooks = new Map<string, Hook>();

async function readJson<T>(req: IncomingMessage): Promise<T> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    size += (chunk as Buffer).length;
    if (size > 256 * 1024) throw new Error('body too large');
    chunks.push(chunk as Buffer);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as T;
}

function send(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}

function transform(hook: Hook, event: unknown): unknown {
  const sandbox = { event, output: null as unknown, JSON, Math };
  vm.runInNewContext(`output = (${hook.script})(event)`, sandbox, { timeout: 500 });
  return sandbox.output;
}

const server = http.createServer(async (req, res) => {
  const [, kind, id] = (req.url ?? '/').split('/');
  try {
    if (req.method === 'PUT' && kind === 'hooks' && id) {
      const { script } = await readJson<{ script: string }>(req);
      hooks.set(id, { id, script, hits: 0 });
      return send(res, 201, { id });
    }
    if (req.method === 'POST' && kind === 'events' && id) {
      const hook = hooks.get(id);
      if (!hook) return send(res, 404, { error: 'unknown hook' });
      hook.hits++;
      return send(res, 200, { result: transform(hook, await readJson(req)) });
    }
    return send(res, 404, { error: 'not found' });
  } catch {
    await delay(50);
    return send(res, 400, { error: 'bad request' });
  }
});

server.listen(Number(process.env.PORT ?? 4000), () => console.log('hook relay listening'));
