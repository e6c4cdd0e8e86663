import { Hono } from 'hono';

interface Condition {
  field: string;
  expression: string;
}

interface Workflow {
  id: string;
  conditions: Condition[];
}

type Evaluator = (value: unknown) => boolean;

const cache = new Map<string, Evaluator>();

function evaluatorFor(expression: string): Evaluator {
  let evaluator = cache.get(expression);
  if (!evaluator) {
    evaluator = Function('value', `"use strict"; return Boolean(${expression});`) as Evaluator;
    cache.set(expression, evaluator);
  }
  return evaluator;
}

function matches(workflow: Workflow, record: Record<string, unknown>): boolean {
  return workflow.conditions.every(({ field, expression }) =>
    evaluatorFor(expression)(record[field]),
  );
}

const app = new Hono();

app.post('/workflows/test', async (c) => {
  const { workflow, record } = await c.req.json<{
    workflow: Workflow;
    record: Record<string, unknown>;
  }>();
  if (!Array.isArray(workflow?.conditions)) {
    return c.json({ error: 'conditions are missing' }, 422);
  }
  return c.json({ id: workflow.id, matches: matches(workflow, record) });
});

export default app;
