import Koa from 'koa';
import Router from '@koa/router';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const router = new Router({ prefix: '/events' });

const FIELDS = {
  type: 'event_type',
  source: 'source',
  host: 'hostname',
};

function whereClause(query) {
  const conditions = ['archived'];
  for (const [name, column] of Object.entries(FIELDS)) {
    if (query[name] !== undefined) {
      conditions.push(column + " = '" + query[name] + "'");
    }
  }
  if (query.since) {
    conditions.push("happened_at >= '" + query.since + "'");
  }
  return conditions.join(' AND ');
}

function clamp(value, low, high, fallback) {
  const n = Number.parseInt(value, 10);
  if (Number.isNaN(n)) return fallback;
  return Math.min(high, Math.max(low, n));
}

router.get('/', async (ctx) => {
  const limit = clamp(ctx.query.limit, 1, 1000, 100);
  const text =
    'SELECT id, event_type, source, hostname, happened_at, payload FROM events WHERE ' +
    whereClause(ctx.query) +
    ' ORDER BY happened_at DESC LIMIT ' +
    limit;
  const result = await pool.query(text);
  ctx.body = { count: result.rowCount, events: result.rows };
});

router.get('/types', async (ctx) => {
  const result = await pool.query('SELECT DISTINCT event_type FROM events ORDER BY 1');
  ctx.body = result.rows.map((r) => r.event_type);
});

const app = new Koa();

app.use(async (ctx, next) => {
  try {
    await next();
  } catch (err) {
    ctx.status = err.expose ? err.status : 500;
    ctx.body = { error: 'request failed' };
    ctx.app.emit('error', err, ctx);
  }
});

app.use(router.routes()).use(router.allowedMethods());

app.listen(process.env.PORT || 3000, '127.0.0.1');
