'use strict';

const fs = require('fs');
const http = require('http');
const path = require('path');
const { pipeline } = require('stream');

class ArtifactServer {
  constructor(root) {
    this.root = fs.realpathSync(root);
    this.server = http.createServer((req, res) => this.handle(req, res));
  }

  async locate(pathname) {
    const decoded = decodeURIComponent(pathname);
    if (decoded.includes('\0')) {
      return null;
    }
    const wanted = path.join(this.root, decoded);
    let real;
    try {
      real = await fs.promises.realpath(wanted);
    } catch (err) {
      return null;
    }
    if (!real.startsWith(this.root + path.sep)) {
      return null;
    }
    const stat = await fs.promises.stat(real);
    return stat.isFile() ? { file: real, size: stat.size } : null;
  }

  async handle(req, res) {
    if (req.method !== 'GET') {
      res.writeHead(405).end();
      return;
    }
    let found = null;
    try {
      const { pathname } = new URL(req.url, 'http://localhost');
      found = await this.locate(pathname);
    } catch (err) {
      res.writeHead(400).end();
      return;
    }
    if (!found) {
      res.writeHead(404).end();
      return;
    }
    res.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': 'attachment',
      'X-Content-Type-Options': 'nosniff',
    });
    pipeline(fs.createReadStream(found.file), res, (err) => {
      if (err) {
        res.destroy();
      }
    });
  }

  listen(port) {
    return this.server.listen(port, '127.0.0.1');
  }
}

module.exports = { ArtifactServer };

if (require.main === module) {
  new ArtifactServer(process.argv[2] || './artifacts').listen(8123);
}
