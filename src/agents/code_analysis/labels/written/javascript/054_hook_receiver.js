const crypto = require('crypto');
const express = require('express');
const { enqueue } = require('./queue');

const KEY = process.env.HOOK_KEY;
if (!KEY) {
  throw new Error('HOOK_KEY must be set');
}

function sign(body, timestamp) {
  return crypto.createHmac('sha256', KEY).update(`${timestamp}.`).update(body).digest();
}

function isAuthentic(req) {
  const timestamp = Number(req.get('x-hook-time'));
  if (!Number.isInteger(timestamp) || Math.abs(Date.now() / 1000 - timestamp) > 300) {
    return false;
  }
  const given = Buffer.from(req.get('x-hook-signature') || '', 'hex');
  const expected = sign(req.body, timestamp);
  return given.length === expected.length && crypto.timingSafeEqual(given, expected);
}

const router = express.Router();

router.post('/hooks/shipping', express.raw({ type: 'application/json', limit: '256kb' }), (req, res) => {
  if (!Buffer.isBuffer(req.body) || !isAuthentic(req)) {
    return res.sendStatus(403);
  }
  let event;
  try {
    event = JSON.parse(req.body.toString('utf8'));
  } catch {
    return res.sendStatus(400);
  }
  enqueue(event.type, event.data);
  return res.sendStatus(202);
});

module.exports = router;
