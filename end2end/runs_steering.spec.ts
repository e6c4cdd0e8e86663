// Can people steer a run from its page: give it a signal, begin anew what failed or was cancelled, or find another way?
import { ADMIN, type Api, type Page, expect, open, pin, test } from './fixtures/test';

test.use({ serverOptions: { file: 'runs_steering' } });

/** Waits until somebody says how much was paid. */
const PAID = `name: paid
version: 1
title: Waits for the money
steps:
  paid:
    wait:
      signal: paid
      schema: {type: object, properties: {amount: {type: number}}, required: [amount]}
      timeout: 1h
outputs:
  amount: \${{ steps.paid.output.amount }}
`;

/** Fails unless its agent takes work soon. */
const IMPATIENT = `name: impatient
version: 1
title: Does not wait for long
steps:
  answer:
    uses: diagnostics.echo
    timeout: 2s
    with: {message: here}
`;

/** Its first step fails for good, and the second does not read it. */
const PARTLY = `name: partly
version: 1
title: Half of it fails
steps:
  broken:
    uses: diagnostics.fail
    with: {times: 9, retryable: false}
  after:
    uses: diagnostics.echo
    needs: [broken]
    with: {message: done}
`;

/** All that it does fails for good. */
const HOPELESS = `name: hopeless
version: 1
title: All of it fails
steps:
  broken:
    uses: diagnostics.fail
    with: {times: 9, retryable: false}
`;

interface Run {
  summary: { state: string; generation: number; retried_by?: string };
  outputs?: unknown;
  signals: { name: string; payload: unknown; taken_by?: string }[];
}

const state = (page: Page) => page.getByTestId('run-state');
const step = (page: Page, id: string) => page.getByTestId('step-row').and(page.locator(`[data-id="${id}"]`));
const detail = async (api: Api, id: string) => api.get<Run>(`/runs/${id}`);

/** Begins a run, and looks at one of its steps. */
async function lookAt(page: Page, api: Api, workflow: string, step: string): Promise<string> {
  const { id } = await api.startRun(workflow, {});
  await open(page, `/runs/${id}?step=${step}`);
  return id;
}

test.beforeAll(async ({ api }) => {
  for (const text of [PAID, IMPATIENT, PARTLY, HOPELESS]) await api.storeWorkflow(text);
});

test('a signal is sent from the page of the run, and has to bring what the step expects', async ({ dashboard: page, api, watch }) => {
  watch.allow(/status of 422/);
  const id = await lookAt(page, api, 'paid', 'paid');
  const document = await pin(page);
  await expect(page.getByTestId('step-state')).toContainText('waits for a signal');
  const payload = page.getByLabel('What the signal paid brings, as JSON');
  const error = page.getByTestId('step').getByTestId('error');
  await payload.fill('twelve');
  await page.getByTestId('send-signal').click();
  await expect(error).toHaveAttribute('data-code', 'REQUEST-002');
  await expect(error).toContainText('Write valid JSON');
  await payload.fill('{"amount": "twelve"}');
  await page.getByTestId('send-signal').click();
  await expect(error).toHaveAttribute('data-code', 'WORKFLOW-033');
  await expect(error).toContainText('/payload/amount');
  expect((await detail(api, id)).signals).toEqual([]);

  await payload.fill('{"amount": 12.5}');
  await page.getByTestId('send-signal').click();
  await expect(state(page)).toHaveAttribute('data-state', 'completed');
  await expect(payload).toBeHidden();
  await expect(page.getByTestId('signal')).toContainText('taken by paid');
  await expect(page.getByTestId('run-outputs')).toContainText('12.5');
  expect(await detail(api, id)).toMatchObject({
    outputs: { amount: 12.5 },
    signals: [{ name: 'paid', payload: { amount: 12.5 }, taken_by: 'paid' }],
  });
  await document.intact();
});

test('a step that failed is begun anew from its page once its cause is gone', async ({ dashboard: page, api }) => {
  await api.drain('diagnostics');
  let id: string;
  try {
    id = await lookAt(page, api, 'impatient', 'answer');
    await expect(state(page)).toHaveAttribute('data-state', 'failed', { timeout: 20_000 });
    await expect(page.getByTestId('run-error')).toContainText('WORKFLOW-031');
    await expect(page.getByTestId('step-state')).toHaveAttribute('data-state', 'failed');
  } finally {
    await api.resume('diagnostics');
  }
  await page.getByTestId('retry-step').click();
  await expect(state(page)).toHaveAttribute('data-state', 'completed', { timeout: 20_000 });
  await expect(page.getByText(`1 times, last by ${ADMIN.email}`)).toBeVisible();
  await expect(page.getByTestId('retry-step')).toBeHidden();
  expect((await detail(api, id)).summary).toMatchObject({ generation: 2, retried_by: ADMIN.email });
  await expect(api.post(`/runs/${id}/retry`)).rejects.toThrow('WORKFLOW-023');
});

test('a run that was cancelled goes on where it was', async ({ dashboard: page, api }) => {
  const id = await lookAt(page, api, 'paid', 'paid');
  await page.getByTestId('cancel-run').click();
  await expect(state(page)).toHaveAttribute('data-state', 'canceled');
  await expect(page.getByTestId('send-signal'), 'nothing waits any more').toBeHidden();
  await expect(api.post(`/runs/${id}/signals`, { name: 'paid', payload: { amount: 1 } })).rejects.toThrow('WORKFLOW-023');

  await expect(page.getByTestId('retry-run')).toHaveText('Go on with it');
  await page.getByTestId('retry-run').click();
  await expect(state(page)).toHaveAttribute('data-state', 'running');
  expect((await detail(api, id)).summary.generation).toBe(2);
  await page.getByLabel('What the signal paid brings, as JSON').fill('{"amount": 3}');
  await page.getByTestId('send-signal').click();
  await expect(state(page)).toHaveAttribute('data-state', 'completed');
  expect((await detail(api, id)).outputs).toEqual({ amount: 3 });
});

test('another way is found for a step that failed for good, and is run once somebody accepts it', async ({ dashboard: page, api }) => {
  const failed = await lookAt(page, api, 'partly', 'broken');
  await expect(state(page)).toHaveAttribute('data-state', 'failed', { timeout: 20_000 });
  await expect(step(page, 'after')).toHaveAttribute('data-state', 'skipped');
  await page.getByTestId('replan-step').click();
  await expect(page).toHaveURL(/\/plans\/[0-9a-f-]{36}$/);
  await expect(page.getByTestId('plan-state')).toHaveAttribute('data-state', 'proposed');
  await expect(page.getByTestId('assumptions')).toContainText('`broken` failed with');
  await expect(page.getByRole('link', { name: 'a run that failed' })).toHaveAttribute('href', `/runs/${failed}`);
  const plan = new URL(page.url()).pathname;

  await page.getByTestId('accept-plan').click();
  await expect(page).toHaveURL(/\/runs\/[0-9a-f-]{36}$/);
  await expect(state(page)).toHaveAttribute('data-state', 'completed', { timeout: 20_000 });
  await expect(page.getByTestId('step-row')).toHaveCount(1);
  await expect(step(page, 'after')).toHaveAttribute('data-state', 'completed');
  const run = new URL(page.url()).pathname.split('/').pop();
  expect(await api.get(plan)).toMatchObject({ summary: { state: 'accepted', replaces: failed, run } });
  expect((await detail(api, failed)).summary, 'the run that failed stays as it is').toMatchObject({ state: 'failed', generation: 1 });
});

test('where there is no other way, that is said on the page of the run', async ({ dashboard: page, api, watch }) => {
  watch.allow(/status of 422/);
  const id = await lookAt(page, api, 'hopeless', 'broken');
  await expect(state(page)).toHaveAttribute('data-state', 'failed', { timeout: 20_000 });
  await page.getByTestId('replan-step').click();
  const error = page.getByTestId('step').getByTestId('error');
  await expect(error).toHaveAttribute('data-code', 'PLAN-011');
  await expect(error).toContainText('no other way for `broken`');
  await expect(page).toHaveURL(new RegExp(`/runs/${id}`));
  // It can be begun anew nevertheless, and fails as it did before.
  await page.getByTestId('retry-step').click();
  await expect(page.getByText(`1 times, last by ${ADMIN.email}`)).toBeVisible();
  await expect(state(page)).toHaveAttribute('data-state', 'failed', { timeout: 20_000 });
});
