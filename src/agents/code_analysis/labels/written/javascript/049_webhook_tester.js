const express = require('express');
const { requireUser } = require('./auth');

const router = express.Router();
const BLOCKED = ['localhost', '127.0.0.1'];

function checkTarget(value) {
  const url = new URL(value);
  if (!['http:', 'https:'].includes(url.protocol)) {
    throw new TypeError('unsupported scheme');
  }
  if (BLOCKED.includes(url.hostname)) {
    throw new TypeError('host is not allowed');
  }
  return url;
}

router.post('/webhooks/test', requireUser, express.json(), async (req, res) => {
  let target;
  try {
    target = checkTarget(req.body.url);
  } catch (err) {
    return res.status(422).json({ error: 'url is not accepted' });
  }
  const reply = await fetch(target, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ event: 'ping', sentAt: new Date().toISOString() }),
    signal: AbortSignal.timeout(5000),
  });
  const text = await reply.text();
  return res.json({ status: reply.status, body: text.slice(0, 2000) });
});

module.exports = router;
