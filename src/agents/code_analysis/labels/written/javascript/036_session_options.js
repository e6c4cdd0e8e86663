const session = require('express-session');
const RedisStore = require('connect-redis').default;
const { createClient } = require('redis');

const HOURS = 3600 * 1000;

function required(name) {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} must be set`);
  }
  return value;
}

function secrets() {
  const list = required('SESSION_SECRETS').split(',').map((secret) => secret.trim());
  if (list.some((secret) => secret.length < 32)) {
    throw new Error('session secrets need at least 32 characters');
  }
  return list;
}

async function sessionMiddleware() {
  const redis = createClient({ url: required('REDIS_URL') });
  redis.on('error', (err) => console.error('redis: %s', err.code));
  await redis.connect();

  return session({
    name: '__Host-portal',
    store: new RedisStore({ client: redis, prefix: 'sess:' }),
    secret: secrets(),
    resave: false,
    saveUninitialized: false,
    rolling: true,
    cookie: {
      path: '/',
      httpOnly: true,
      secure: true,
      sameSite: 'lax',
      maxAge: 8 * HOURS,
    },
  });
}

module.exports = { sessionMiddleware };
