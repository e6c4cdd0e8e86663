import { Router, Request, Response } from 'express';
import { z } from 'zod';
import { metricsFor } from '../services/metrics';
import { requireUser } from '../middleware/auth';

const kpiSchema = z.object({
  name: z.string().min(1).max(60),
  formula: z.string().min(1).max(500),
  from: z.coerce.date(),
  to: z.coerce.date(),
});

type Kpi = z.infer<typeof kpiSchema>;
type Scope = Record<string, number>;

function prepare(formula: string): string {
  return formula
    .replace(/\bAND\b/gi, '&&')
    .replace(/\bOR\b/gi, '||')
    .replace(/\^/g, '**');
}

function evaluate(formula: string, scope: Scope): number {
  const names = Object.keys(scope);
  const fn = new Function(...names, 'return (' + prepare(formula) + ');');
  const value = fn(...names.map((n) => scope[n]));
  return Number.isFinite(value) ? Number(value) : 0;
}

async function compute(accountId: number, kpi: Kpi) {
  const days = await metricsFor(accountId, kpi.from, kpi.to);
  return days.map((d) => ({
    day: d.day,
    value: evaluate(kpi.formula, { visits: d.visits, orders: d.orders, revenue: d.revenue }),
  }));
}

export const kpis = Router();

kpis.post('/kpis/preview', requireUser, async (req: Request, res: Response) => {
  const parsed = kpiSchema.safeParse(req.body);
  if (!parsed.success) {
    return res.status(400).json({ issues: parsed.error.issues.map((i) => i.path.join('.')) });
  }
  try {
    const series = await compute(res.locals.user.accountId, parsed.data);
    return res.json({ name: parsed.data.name, series });
  } catch (e) {
    req.log?.warn({ err: e }, 'formula failed');
    return res.status(422).json({ error: 'formula could not be evaluated' });
  }
});
