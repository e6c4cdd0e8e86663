const express = require('express');
const { Pool } = require('pg');

const app = express();
const pool = new Pool({ connectionString: process.env.DATABASE_URL });

app.use(express.json());

app.get('/customers/:id', async (req, res, next) => {
  try {
    const { rows } = await pool.query('SELECT id, name FROM customers WHERE id = $1', [
      req.params.id,
    ]);
    if (rows.length === 0) {
      res.sendStatus(404);
      return;
    }
    res.json(rows[0]);
  } catch (err) {
    next(err);
  }
});

app.use((err, req, res, next) => {
  if (res.headersSent) {
    next(err);
    return;
  }
  res.status(err.status || 500).json({
    message: err.message,
    stack: err.stack,
    query: err.query,
    detail: err.detail,
    config: { database: process.env.DATABASE_URL, node: process.version },
  });
});

app.listen(3000);
