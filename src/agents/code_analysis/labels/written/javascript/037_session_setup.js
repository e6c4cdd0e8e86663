const express = require('express');
const session = require('express-session');
const RedisStore = require('connect-redis').default;
const { createClient } = require('redis');

const WEEK = 7 * 24 * 3600 * 1000;

async function createApp() {
  const redis = createClient({ url: process.env.REDIS_URL });
  await redis.connect();

  const app = express();
  app.set('trust proxy', 1);
  app.use(
    session({
      store: new RedisStore({ client: redis, prefix: 'sess:' }),
      secret: process.env.SESSION_SECRET,
      name: 'portal.sid',
      resave: false,
      saveUninitialized: false,
      cookie: {
        maxAge: WEEK,
        httpOnly: false,
        secure: false,
      },
    })
  );

  app.get('/me', (req, res) => {
    if (!req.session.userId) {
      return res.sendStatus(401);
    }
    return res.json({ id: req.session.userId });
  });
  return app;
}

module.exports = createApp;
