'use strict';

const crypto = require('crypto');
const Redis = require('ioredis');

const TAKE_SCRIPT = `
local current = redis.call('INCR', KEYS[1])
if current == 1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return { current, redis.call('PTTL', KEYS[1]) }
`;

const RESET_SCRIPT = "return redis.call('DEL', KEYS[1])";

class RateLimiter {
  constructor({ redis, prefix = 'rl', points = 60, windowMs = 60000 }) {
    this.redis = redis;
    this.prefix = prefix;
    this.points = points;
    this.windowMs = windowMs;
  }

  key(identity) {
    const digest = crypto.createHash('sha256').update(String(identity)).digest('base64url');
    return `${this.prefix}:${digest}`;
  }

  async take(identity) {
    const [count, ttl] = await this.redis.eval(TAKE_SCRIPT, 1, this.key(identity), this.windowMs);
    return {
      allowed: count <= this.points,
      remaining: Math.max(0, this.points - count),
      resetMs: ttl,
    };
  }

  reset(identity) {
    return this.redis.eval(RESET_SCRIPT, 1, this.key(identity));
  }
}

function middleware(limiter, identify = (req) => req.ip) {
  return async function limit(req, res, next) {
    let result;
    try {
      result = await limiter.take(identify(req));
    } catch (err) {
      return next(err);
    }
    res.setHeader('X-RateLimit-Remaining', String(result.remaining));
    if (!result.allowed) {
      res.setHeader('Retry-After', String(Math.ceil(result.resetMs / 1000)));
      return res.status(429).json({ error: 'too many requests' });
    }
    return next();
  };
}

function create(url = process.env.REDIS_URL) {
  return new RateLimiter({ redis: new Redis(url, { maxRetriesPerRequest: 2 }) });
}

module.exports = { RateLimiter, middleware, create };
