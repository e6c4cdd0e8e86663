'use strict';

const { exec, execSync } = require('child_process');
const http = require('http');
const os = require('os');

const PROBES = [
  { name: 'commit', command: 'git rev-parse --short HEAD' },
  { name: 'node', command: 'node --version' },
  { name: 'disk', command: "df -P / | tail -1 | awk '{print $5}'" },
];

function probe({ name, command }) {
  return new Promise((resolve) => {
    exec(command, { timeout: 3000 }, (err, stdout) => {
      resolve([name, err ? null : stdout.trim()]);
    });
  });
}

function branch() {
  try {
    return execSync('git symbolic-ref --short HEAD', { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch (err) {
    return 'detached';
  }
}

let cache = null;

async function collect(maxAge = 30000) {
  if (cache && Date.now() - cache.at < maxAge) {
    return cache.value;
  }
  const entries = await Promise.all(PROBES.map(probe));
  const value = Object.fromEntries(entries);
  value.branch = branch();
  value.uptime = Math.round(os.uptime());
  cache = { at: Date.now(), value };
  return value;
}

const server = http.createServer(async (req, res) => {
  if (req.method !== 'GET' || req.url !== '/version') {
    res.writeHead(404).end();
    return;
  }
  const body = JSON.stringify(await collect());
  res.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  res.end(body);
});

if (require.main === module) {
  server.listen(9000, '127.0.0.1');
}

module.exports = { collect, server };
