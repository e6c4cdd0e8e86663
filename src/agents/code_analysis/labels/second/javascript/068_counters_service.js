const Koa = require('koa');
const Router = require('@koa/router');
const { koaBody } = require('koa-body');

const DIMENSIONS = new Set(['page', 'country', 'device']);
const MAX_KEYS = 10000;

class Counters {
  constructor() {
    this.byDimension = new Map([...DIMENSIONS].map((d) => [d, new Map()]));
    this.totals = { events: 0, rejected: 0 };
  }

  add(dimension, key, amount = 1) {
    const table = this.byDimension.get(dimension);
    if (!table || (table.size >= MAX_KEYS && !table.has(key))) {
      this.totals.rejected += 1;
      return false;
    }
    table.set(key, (table.get(key) || 0) + amount);
    this.totals.events += 1;
    return true;
  }

  top(dimension, limit) {
    const table = this.byDimension.get(dimension);
    if (!table) {
      return null;
    }
    return [...table.entries()]
      .sort((a, b) => b[1] - a[1])
      .slice(0, limit)
      .map(([key, count]) => ({ key, count }));
  }
}

const counters = new Counters();
const router = new Router();

router.post('/events', koaBody({ jsonLimit: '16kb' }), (ctx) => {
  const body = ctx.request.body || {};
  for (const dimension of DIMENSIONS) {
    if (Object.hasOwn(body, dimension)) {
      counters.add(dimension, String(body[dimension]).slice(0, 100));
    }
  }
  ctx.status = 204;
});

router.get('/top/:dimension', (ctx) => {
  const limit = Math.min(Number.parseInt(ctx.query.limit, 10) || 10, 100);
  const rows = counters.top(ctx.params.dimension, limit);
  if (!rows) {
    ctx.throw(404);
  }
  ctx.body = rows;
});

router.get('/totals', (ctx) => {
  ctx.body = counters.totals;
});

const app = new Koa();
app.use(router.routes());

module.exports = { app, Counters };
