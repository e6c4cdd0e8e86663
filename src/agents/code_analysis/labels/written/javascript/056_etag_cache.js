'use strict';

const { createHash } = require('crypto');

function entityTag(body) {
  const hash = createHash('sha1').update(body).digest('base64url').slice(0, 22);
  return `W/"${body.length.toString(16)}-${hash}"`;
}

function matches(header, tag) {
  if (!header) {
    return false;
  }
  return header.split(',').some((candidate) => {
    const value = candidate.trim();
    return value === '*' || value === tag;
  });
}

function conditional(options = {}) {
  const maxAge = options.maxAge || 0;

  return async function conditionalMiddleware(ctx, next) {
    await next();
    if (ctx.status !== 200 || ctx.method !== 'GET' || typeof ctx.body !== 'object') {
      return;
    }
    if (ctx.body === null || Buffer.isBuffer(ctx.body) || typeof ctx.body.pipe === 'function') {
      return;
    }
    const body = Buffer.from(JSON.stringify(ctx.body));
    const tag = entityTag(body);
    ctx.set('ETag', tag);
    ctx.set('Cache-Control', `private, max-age=${maxAge}`);
    if (matches(ctx.get('If-None-Match'), tag)) {
      ctx.status = 304;
      return;
    }
    ctx.type = 'application/json';
    ctx.body = body;
  };
}

module.exports = { conditional, entityTag };
