import { Router, Request, Response, NextFunction } from 'express';
import { Pool } from 'pg';
import { stringify } from 'csv-stringify/sync';
import { logger } from '../lib/logger';

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const router = Router();

interface ExportOptions {
  status: string;
  sort: string;
  dir: string;
  limit: number;
}

function readOptions(req: Request): ExportOptions {
  const limit = Number.parseInt(String(req.query.limit ?? '500'), 10);
  return {
    status: String(req.query.status ?? 'open'),
    sort: String(req.query.sort ?? 'created_at'),
    dir: String(req.query.dir ?? 'desc'),
    limit: Number.isNaN(limit) ? 500 : Math.min(limit, 5000),
  };
}

function orderClause(opts: ExportOptions): string {
  const parts = [opts.sort, opts.dir.toUpperCase()];
  return `ORDER BY ${parts.join(' ')}`;
}

async function loadOrders(accountId: string, opts: ExportOptions) {
  const sql =
    'SELECT id, number, customer_name, total_cents, created_at FROM orders ' +
    'WHERE account_id = $1 AND status = $2 ' +
    orderClause(opts) +
    ' LIMIT $3';
  const result = await pool.query(sql, [accountId, opts.status, opts.limit]);
  return result.rows;
}

router.get('/accounts/:accountId/orders.csv', async (req: Request, res: Response, next: NextFunction) => {
  try {
    const opts = readOptions(req);
    const rows = await loadOrders(req.params.accountId, opts);
    const csv = stringify(rows, { header: true });
    logger.info({ count: rows.length }, 'orders exported');
    res.setHeader('Content-Type', 'text/csv; charset=utf-8');
    res.setHeader('Content-Disposition', 'attachment; filename="orders.csv"');
    res.send(csv);
  } catch (err) {
    next(err);
  }
});

export default router;
