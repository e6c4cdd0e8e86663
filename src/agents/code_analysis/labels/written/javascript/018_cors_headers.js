'use strict';

const METHODS = 'GET, POST, PUT, DELETE';
const HEADERS = 'Content-Type, Authorization';

function parseOrigins(text) {
  return new Set(
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter(Boolean)
      .map((entry) => new URL(entry).origin)
  );
}

function corsMiddleware(allowed = parseOrigins(process.env.ALLOWED_ORIGINS || '')) {
  return async function cors(ctx, next) {
    ctx.vary('Origin');
    const origin = ctx.get('Origin');
    if (!origin || !allowed.has(origin)) {
      await next();
      return;
    }
    ctx.set('Access-Control-Allow-Origin', origin);
    ctx.set('Access-Control-Allow-Credentials', 'true');
    if (ctx.method === 'OPTIONS' && ctx.get('Access-Control-Request-Method')) {
      ctx.set('Access-Control-Allow-Methods', METHODS);
      ctx.set('Access-Control-Allow-Headers', HEADERS);
      ctx.set('Access-Control-Max-Age', '600');
      ctx.status = 204;
      return;
    }
    await next();
  };
}

module.exports = { corsMiddleware, parseOrigins };
