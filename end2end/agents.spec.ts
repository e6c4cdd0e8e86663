// Do the pages of the agents say what each can do and does, and can they be stopped gently?
import { type Page, card, expect, isLive, open, pin, row, test } from './fixtures/test';

test.use({ serverOptions: { file: 'agents' } });

test.afterEach(async ({ api }) => api.resume('diagnostics'));

test('every agent is listed with its family and what it does now', async ({ dashboard: page }) => {
  await open(page, '/agents');
  await expect(page.getByTestId('agent-card')).toHaveCount(8);
  await expect(card(page, 'diagnostics')).toMatchAriaSnapshot(`
    - article:
      - heading "Diagnostics" [level=3]:
        - link "Diagnostics"
      - text: active
      - paragraph: Tries out queue, agents and dashboard without doing real work.
      - text: /\\d+ of 64 busy/
      - paragraph: /custom, \\d+ done, \\d+ failed/
      - button "Drain"
  `);
});

test('a drained agent takes no work until it is resumed, and every open page sees it', async ({ context, dashboard: page, api }) => {
  await open(page, '/agents');
  const other = await context.newPage();
  await open(other, '/');
  const documents = await Promise.all([pin(page), pin(other)]);

  await card(page, 'diagnostics').getByTestId('drain').click();
  for (const one of [page, other]) await expect(card(one, 'diagnostics')).toHaveAttribute('data-status', 'drained');
  const task = await api.submit('diagnostics.echo', {}, { title: 'Waits for its agent' });
  await expect(row(other, task.id)).toHaveAttribute('data-state', 'queued');

  await card(page, 'diagnostics').getByTestId('resume').click();
  for (const one of [page, other]) await expect(card(one, 'diagnostics')).toHaveAttribute('data-status', 'active');
  await expect(row(other, task.id)).toHaveAttribute('data-state', 'completed');
  await expect(card(page, 'diagnostics').getByTestId('drain')).toBeVisible();
  for (const document of documents) await document.intact();
});

test('an agent that is drained while it works ends its work first', async ({ dashboard: page, api }) => {
  const task = await api.submit('diagnostics.sleep', { milliseconds: 2_500 });
  await open(page, '/agents');
  await expect(card(page, 'diagnostics').getByTestId('busy')).toContainText('1 of 64 busy');
  await card(page, 'diagnostics').getByTestId('drain').click();
  await expect(card(page, 'diagnostics')).toHaveAttribute('data-status', 'draining');
  expect((await api.ended(task.id)).summary.state).toBe('completed');
  await expect(card(page, 'diagnostics')).toHaveAttribute('data-status', 'drained');
  await expect(card(page, 'diagnostics').getByTestId('busy')).toContainText('0 of 64 busy');
});

test("an agent's own page has its skills, its charts and its latest tasks, live", async ({ dashboard: page, api }) => {
  await open(page, '/agents');
  const document = await pin(page);
  await card(page, 'diagnostics').getByRole('link', { name: 'Diagnostics' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Diagnostics' })).toBeVisible();
  await expect(page.getByTestId('chart').first().locator('canvas')).toBeVisible();
  const task = await api.submit('diagnostics.echo', {}, { title: 'Seen on its page' });
  await expect(row(page, task.id)).toHaveAttribute('data-state', 'completed');
  await page.getByRole('link', { name: 'diagnostics.sleep' }).click();
  await expect(page.getByTestId('field-milliseconds')).toBeVisible();
  await document.intact();
});

test('the page of all agents says how work is balanced, and what is against whom', async ({ dashboard: page, api }) => {
  await open(page, '/agents');
  const echo = page.getByTestId('balancing-row').and(page.locator('[data-skill="diagnostics.echo"]'));
  await expect(echo).toContainText('least_loaded');
  await expect(echo).toContainText('diagnostics');
  await expect(echo).toContainText('7 by skill');
  await expect(page.getByTestId('host')).toContainText(/0 cores of .* and 0 of [\d,]+ MiB taken/);
  await card(page, 'diagnostics').getByTestId('drain').click();
  await expect(echo).toContainText('1 by draining');
  await api.resume('diagnostics');
});

test('an agent that keeps failing is left alone until somebody closes its circuit', async ({ dashboard: page, api }) => {
  await open(page, '/agents');
  await card(page, 'diagnostics').getByRole('link', { name: 'Diagnostics' }).click();
  await expect(page.getByTestId('circuit')).toHaveAttribute('data-state', 'closed');
  await expect(page.getByTestId('instance')).toHaveCount(1);
  await expect(page.getByTestId('instance')).toHaveAttribute('data-status', 'ready');
  const retry = { initial_interval_ms: 10, maximum_interval_ms: 10, maximum_attempts: 20, jitter: 'none' };
  const task = await api.submit('diagnostics.fail', { times: 100 }, { title: 'Opens the circuit', retry });
  // Ten attempts, of which each may wait for the next look at what is due.
  await expect(page.getByTestId('circuit')).not.toHaveAttribute('data-state', 'closed', { timeout: 30_000 });
  await page.getByTestId('reset-circuit').click();
  await expect(page.getByTestId('circuit')).toHaveAttribute('data-state', 'closed');
  await api.cancel(task.id).catch(() => undefined);
});

test('an address without an agent says so', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 404/);
  const response = await page.goto('/agents/00000000-0000-7000-8000-000000000000');
  expect(response?.status()).toBe(404);
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'AGENT-001');
  await goesOn(page);
});

/** The frame around a page that could not be read still works. */
async function goesOn(page: Page): Promise<void> {
  await isLive(page);
  await page.getByRole('link', { name: 'Go to the overview' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
}
