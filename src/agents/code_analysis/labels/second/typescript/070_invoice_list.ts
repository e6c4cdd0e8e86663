import { Router, Request, Response, NextFunction } from 'express';
import { Pool } from 'pg';
import { requireSession } from '../middleware/session';

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const router = Router();

const SORTS = new Map<string, string>([
  ['date', 'issued_at'],
  ['amount', 'total_cents'],
  ['customer', 'customer_name'],
]);

function orderBy(sort: unknown, dir: unknown): string {
  const column = SORTS.get(String(sort)) ?? 'issued_at';
  const direction = dir === 'asc' ? 'ASC' : 'DESC';
  return `${column} ${direction}`;
}

interface Filter {
  from?: string;
  to?: string;
  customer?: string;
}

function buildWhere(accountId: number, filter: Filter): { text: string; values: unknown[] } {
  const values: unknown[] = [accountId];
  const clauses = ['account_id = $1'];
  if (filter.from) {
    values.push(filter.from);
    clauses.push(`issued_at >= $${values.length}`);
  }
  if (filter.to) {
    values.push(filter.to);
    clauses.push(`issued_at < $${values.length}`);
  }
  if (filter.customer) {
    values.push(filter.customer);
    clauses.push(`customer_name = $${values.length}`);
  }
  return { text: clauses.join(' AND '), values };
}

router.get('/invoices', requireSession, async (req: Request, res: Response, next: NextFunction) => {
  const accountId: number = res.locals.session.accountId;
  const where = buildWhere(accountId, {
    from: req.query.from ? String(req.query.from) : undefined,
    to: req.query.to ? String(req.query.to) : undefined,
    customer: req.query.customer ? String(req.query.customer) : undefined,
  });
  try {
    const sql = `SELECT id, number, customer_name, total_cents, issued_at
                 FROM invoices WHERE ${where.text}
                 ORDER BY ${orderBy(req.query.sort, req.query.dir)} LIMIT 200`;
    const { rows } = await pool.query(sql, where.values);
    res.json({ invoices: rows });
  } catch (err) {
    next(err);
  }
});

export default router;
