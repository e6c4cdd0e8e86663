import http from 'node:http';
import vm from 'node:vm';
import util from 'node:util';

const PORT = Number(process.env.PORT ?? 4100);
const LIMITS = { timeout: 1000, body: 20_000 };

function readBody(req) {
  return new Promise((resolve, reject) => {
    let text = '';
    req.setEncoding('utf8');
    req.on('data', (chunk) => {
      text += chunk;
      if (text.length > LIMITS.body) {
        reject(Object.assign(new Error('too large'), { status: 413 }));
        req.destroy();
      }
    });
    req.on('end', () => resolve(text));
    req.on('error', reject);
  });
}

function makeConsole(lines) {
  const push = (...args) => lines.push(util.format(...args));
  return { log: push, info: push, warn: push, error: push };
}

function execute(source) {
  const lines = [];
  const sandbox = { console: makeConsole(lines), Math, JSON, Date };
  const context = vm.createContext(sandbox, { name: 'playground' });
  const script = new vm.Script(`(() => {\n${source}\n})()`, { filename: 'snippet.js' });
  const value = script.runInContext(context, { timeout: LIMITS.timeout });
  return { lines, value: util.inspect(value, { depth: 2 }) };
}

function reply(res, status, body) {
  const text = JSON.stringify(body);
  res.writeHead(status, { 'Content-Type': 'application/json' });
  res.end(text);
}

const server = http.createServer(async (req, res) => {
  if (req.method !== 'POST' || req.url !== '/run') {
    reply(res, 404, { error: 'not found' });
    return;
  }
  try {
    const { code } = JSON.parse(await readBody(req));
    reply(res, 200, execute(String(code)));
  } catch (err) {
    reply(res, err.status ?? 400, { error: err.name });
  }
});

server.listen(PORT, '127.0.0.1', () => {
  console.log(`playground on ${PORT}`);
});
