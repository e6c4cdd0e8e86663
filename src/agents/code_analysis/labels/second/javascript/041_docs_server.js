#!/usr/bin/env node
'use strict';

const fs = require('fs');
const http = require('http');
const path = require('path');

const root = path.resolve(process.argv[2] || './public');
const port = Number(process.env.PORT) || 8000;

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

function resolveFile(pathname) {
  let file = path.join(root, decodeURIComponent(pathname));
  if (file.endsWith(path.sep)) {
    file += 'index.html';
  }
  return file;
}

function sendError(res, status) {
  res.writeHead(status, { 'Content-Type': 'text/plain' });
  res.end(http.STATUS_CODES[status]);
}

const server = http.createServer((req, res) => {
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    sendError(res, 405);
    return;
  }
  const pathname = req.url.split('?')[0];
  let file;
  try {
    file = resolveFile(pathname);
  } catch (err) {
    sendError(res, 400);
    return;
  }
  fs.readFile(file, (err, data) => {
    if (err) {
      sendError(res, err.code === 'ENOENT' || err.code === 'EISDIR' ? 404 : 500);
      return;
    }
    res.writeHead(200, {
      'Content-Type': TYPES[path.extname(file)] || 'application/octet-stream',
      'Content-Length': data.length,
      'X-Content-Type-Options': 'nosniff',
    });
    res.end(req.method === 'HEAD' ? undefined : data);
  });
});

server.listen(port, () => {
  console.log('serving %s on port %d', root, port);
});
