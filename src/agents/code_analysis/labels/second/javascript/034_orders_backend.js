import express from 'express';
import pg from 'pg';
import morgan from 'morgan';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const app = express();

app.disable('x-powered-by');
app.use(morgan('tiny'));
app.use(express.json({ limit: '100kb' }));

class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const wrap = (handler) => (req, res, next) => {
  Promise.resolve(handler(req, res, next)).catch(next);
};

function orderLines(body) {
  if (!Array.isArray(body.lines) || body.lines.length === 0) {
    throw new HttpError(400, 'lines are required');
  }
  return body.lines.map((line) => [String(line.sku), Number(line.quantity)]);
}

app.get(
  '/orders/:id',
  wrap(async (req, res) => {
    const { rows } = await pool.query('SELECT id, state, total FROM orders WHERE id = $1', [
      req.params.id,
    ]);
    if (rows.length === 0) {
      throw new HttpError(404, 'no such order');
    }
    res.json(rows[0]);
  })
);

app.post(
  '/orders',
  wrap(async (req, res) => {
    const lines = orderLines(req.body);
    const { rows } = await pool.query('SELECT create_order($1::jsonb) AS id', [
      JSON.stringify(lines),
    ]);
    res.status(201).json({ id: rows[0].id });
  })
);

function describeError(err) {
  const info = { message: err.message, stack: err.stack };
  for (const name of ['code', 'table', 'constraint', 'internalQuery', 'where']) {
    if (err[name]) info[name] = err[name];
  }
  return info;
}

app.use((err, req, res, next) => {
  console.error(err);
  res.status(err.status || 500).json({ error: describeError(err) });
});

app.listen(process.env.PORT ?? 3000, '127.0.0.1');
