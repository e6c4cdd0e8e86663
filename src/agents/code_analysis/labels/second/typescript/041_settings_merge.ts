import { createServer, IncomingMessage, ServerResponse } from 'http';
import { readFileSync } from 'fs';
import { authenticate } from './auth';

type Json = Record<string, any>;

const defaults: Json = JSON.parse(readFileSync('./config/defaults.json', 'utf8'));
const perUser = new Map<string, Json>();

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(target: Json, source: Json): Json {
  for (const key of Object.keys(source)) {
    const value = source[key];
    if (isObject(value) && isObject(target[key])) {
      merge(target[key], value);
    } else {
      target[key] = value;
    }
  }
  return target;
}

function settingsOf(user: string): Json {
  let settings = perUser.get(user);
  if (!settings) {
    settings = structuredClone(defaults);
    perUser.set(user, settings);
  }
  return settings;
}

function body(req: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let data = '';
    req.setEncoding('utf8');
    req.on('data', (chunk: string) => {
      data += chunk;
      if (data.length > 100_000) {
        req.destroy(new Error('too large'));
      }
    });
    req.on('end', () => resolve(data));
    req.on('error', reject);
  });
}

const server = createServer(async (req: IncomingMessage, res: ServerResponse) => {
  const user = await authenticate(req);
  res.setHeader('content-type', 'application/json');
  if (!user || req.url !== '/settings') {
    res.writeHead(user ? 404 : 401).end('{}');
    return;
  }
  try {
    const settings = settingsOf(user);
    if (req.method === 'PATCH') {
      const patch = JSON.parse(await body(req));
      merge(settings, patch);
    }
    res.end(JSON.stringify(settings));
  } catch {
    res.writeHead(400).end('{"error":"bad request"}');
  }
});

server.listen(Number(process.env.PORT ?? 3000));
