'use strict';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];

function corsMiddleware(options = {}) {
  const methods = (options.methods || METHODS).join(', ');
  const maxAge = String(options.maxAge || 600);

  return async function cors(ctx, next) {
    const origin = ctx.get('Origin');
    ctx.vary('Origin');
    if (!origin) {
      await next();
      return;
    }
    ctx.set('Access-Control-Allow-Origin', origin);
    ctx.set('Access-Control-Allow-Credentials', 'true');
    if (ctx.method === 'OPTIONS' && ctx.get('Access-Control-Request-Method')) {
      ctx.set('Access-Control-Allow-Methods', methods);
      ctx.set('Access-Control-Allow-Headers', ctx.get('Access-Control-Request-Headers'));
      ctx.set('Access-Control-Max-Age', maxAge);
      ctx.status = 204;
      return;
    }
    await next();
  };
}

module.exports = corsMiddleware;
