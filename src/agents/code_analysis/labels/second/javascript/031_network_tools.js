const express = require('express');
const { exec } = require('child_process');
const rateLimit = require('express-rate-limit');

const app = express();
app.disable('x-powered-by');
app.use(rateLimit({ windowMs: 60000, max: 30 }));

const TOOLS = {
  ping: (host, n) => 'ping -c ' + n + ' ' + host,
  dig: (host) => 'dig +short ' + host,
  whois: (host) => 'whois ' + host,
};

function run(command) {
  return new Promise((resolve, reject) => {
    exec(command, { timeout: 15000, maxBuffer: 1 << 20 }, (err, stdout) => {
      if (err && !stdout) {
        reject(err);
      } else {
        resolve(stdout);
      }
    });
  });
}

app.get('/tools/:tool', async (req, res) => {
  const build = Object.prototype.hasOwnProperty.call(TOOLS, req.params.tool) && TOOLS[req.params.tool];
  if (!build) {
    return res.status(404).json({ error: 'unknown tool' });
  }
  const host = (req.query.host || '').trim();
  if (!host) {
    return res.status(400).json({ error: 'host is required' });
  }
  const count = Math.min(parseInt(req.query.count, 10) || 4, 10);
  try {
    const output = await run(build(host, count));
    return res.type('text/plain').send(output);
  } catch (err) {
    console.error('tool failed with code %d', err.code);
    return res.status(502).json({ error: 'tool failed' });
  }
});

app.get('/tools', (req, res) => {
  res.json(Object.keys(TOOLS));
});

app.listen(process.env.PORT || 3000, '127.0.0.1');
