import crypto from 'node:crypto';
import Router from '@koa/router';

const ORIGIN = new URL(process.env.PUBLIC_URL ?? 'https://app.example.com').origin;
const AUTHORIZE = 'https://login.example.com/oauth2/authorize';

export function localTarget(value, fallback = '/') {
  if (typeof value !== 'string' || !value.startsWith('/')) {
    return fallback;
  }
  let url;
  try {
    url = new URL(value, ORIGIN);
  } catch {
    return fallback;
  }
  if (url.origin !== ORIGIN) {
    return fallback;
  }
  return ORIGIN + url.pathname + url.search + url.hash;
}

function sameText(a, b) {
  const left = crypto.createHash('sha256').update(String(a)).digest();
  const right = crypto.createHash('sha256').update(String(b)).digest();
  return crypto.timingSafeEqual(left, right);
}

export function oauthRoutes({ clientId, exchange }) {
  const router = new Router({ prefix: '/auth' });

  router.get('/start', (ctx) => {
    const state = crypto.randomBytes(24).toString('base64url');
    ctx.session.oauth = { state, next: localTarget(ctx.query.next) };
    const url = new URL(AUTHORIZE);
    url.search = new URLSearchParams({
      client_id: clientId,
      response_type: 'code',
      redirect_uri: `${ORIGIN}/auth/callback`,
      state,
    }).toString();
    ctx.redirect(url.href);
  });

  router.get('/callback', async (ctx) => {
    const pending = ctx.session.oauth;
    ctx.session.oauth = null;
    if (!pending || !sameText(pending.state, ctx.query.state)) {
      ctx.throw(400, 'login was not started here');
    }
    const user = await exchange(String(ctx.query.code ?? ''));
    if (!user) {
      ctx.throw(401, 'login failed');
    }
    await ctx.regenerateSession();
    ctx.session.userId = user.id;
    ctx.redirect(localTarget(pending.next));
  });

  return router;
}
