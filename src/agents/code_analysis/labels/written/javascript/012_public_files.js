const fs = require('fs');
const http = require('http');
const path = require('path');

const ROOT = fs.realpathSync(process.argv[2] || './public');
const TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css'],
  ['.png', 'image/png'],
]);

async function locate(rawUrl) {
  const name = decodeURIComponent(rawUrl.split('?')[0]);
  if (name.includes('\0')) {
    return null;
  }
  const wanted = path.join(ROOT, name.endsWith('/') ? `${name}index.html` : name);
  const real = await fs.promises.realpath(wanted);
  if (!real.startsWith(ROOT + path.sep)) {
    return null;
  }
  return TYPES.has(path.extname(real)) ? real : null;
}

function end(res, status) {
  res.writeHead(status, { 'Content-Type': 'text/plain' });
  res.end(http.STATUS_CODES[status]);
}

const server = http.createServer(async (req, res) => {
  if (req.method !== 'GET') {
    end(res, 405);
    return;
  }
  try {
    const file = await locate(req.url);
    if (!file) {
      end(res, 404);
      return;
    }
    res.writeHead(200, {
      'Content-Type': TYPES.get(path.extname(file)),
      'X-Content-Type-Options': 'nosniff',
    });
    fs.createReadStream(file)
      .on('error', () => res.destroy())
      .pipe(res);
  } catch {
    end(res, 404);
  }
});

server.listen(8080, '127.0.0.1');
