import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { exchangeCode } from './token';

const PORT = Number(process.env.CALLBACK_PORT ?? 8976);

function page(title: string, message: string): string {
  return [
    '<!doctype html>',
    `<html><head><meta charset="utf-8"><title>${title}</title></head>`,
    `<body><h1>${title}</h1><p>${message}</p></body></html>`,
  ].join('\n');
}

function send(res: ServerResponse, status: number, title: string, message: string): void {
  res.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' });
  res.end(page(title, message));
}

async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', `http://localhost:${PORT}`);
  if (url.pathname !== '/callback') {
    send(res, 404, 'Not found', 'There is nothing here.');
    return;
  }
  const failure = url.searchParams.get('error');
  if (failure) {
    const description = url.searchParams.get('error_description') ?? failure;
    send(res, 400, 'Sign in failed', description);
    return;
  }
  await exchangeCode(url.searchParams.get('code') ?? '', url.searchParams.get('state') ?? '');
  send(res, 200, 'Signed in', 'You can close this window.');
}

createServer((req, res) => {
  handle(req, res).catch(() => send(res, 500, 'Sign in failed', 'Please try again.'));
}).listen(PORT, '127.0.0.1');
