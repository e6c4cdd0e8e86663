const fs = require('fs');
const http = require('http');
const path = require('path');

const ROOT = path.resolve(process.argv[2] || './public');
const PORT = Number(process.env.PORT) || 8080;

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.png': 'image/png',
  '.pdf': 'application/pdf',
};

function fileFor(url) {
  let name = decodeURIComponent(url.split('?')[0]);
  if (name.endsWith('/')) {
    name += 'index.html';
  }
  return path.join(ROOT, name);
}

const server = http.createServer((req, res) => {
  if (req.method !== 'GET') {
    res.writeHead(405);
    res.end();
    return;
  }
  let file;
  try {
    file = fileFor(req.url);
  } catch (err) {
    res.writeHead(400);
    res.end();
    return;
  }
  const stream = fs.createReadStream(file);
  stream.on('open', () => {
    res.writeHead(200, { 'Content-Type': TYPES[path.extname(file)] || 'application/octet-stream' });
    stream.pipe(res);
  });
  stream.on('error', () => {
    res.writeHead(404);
    res.end('Not found');
  });
});

server.listen(PORT, () => console.log(`listening on ${PORT}`));
