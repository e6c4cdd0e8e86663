// Does the overview say what is going on, and keep saying it?
import { signIn, expect, isLive, open, pin, row, card, test } from './fixtures/test';

test.use({ serverOptions: { file: 'overview' } });

test('a new installation says that all is well and what to do first', async ({ context, page, startServer }) => {
  const server = await startServer();
  await signIn(context, server);
  await open(page, server.url);
  await expect(page.getByTestId('summary')).toHaveText('All good: the agents wait for work.');
  await expect(page.getByText('No task yet: submit the first one.')).toBeVisible();
  await expect(page.getByTestId('attention')).toContainText('Nothing needs attention.');
  await expect(page.getByTestId('stat-queue').getByTestId('value')).toHaveText('0 / 0');
  for (const name of ['code-analysis', 'data-science', 'nlp', 'diagnostics']) {
    await expect(card(page, name).or(card(page, name.replace('-', '_')))).toHaveAttribute('data-status', 'active');
  }
  await expect(page.getByRole('navigation', { name: 'Pages' })).toMatchAriaSnapshot(`
    - navigation "Pages":
      - link "Baton"
      - paragraph: Work
      - list:
        - listitem:
          - link "Overview"
        - listitem:
          - link "Tasks"
      - paragraph: Agents
      - list:
        - listitem:
          - link "Agents"
      - paragraph: Observe
      - list:
        - listitem:
          - link "Events"
      - paragraph: Set up
      - list:
        - listitem:
          - link "Members"
      - link "API reference"
  `);
  await page.getByRole('link', { name: 'New task' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'New task' })).toBeVisible();
});

test('counters, charts, agents and lists follow the work without a reload', async ({ dashboard: page, api }) => {
  await api.drain('diagnostics');
  try {
    await open(page, '/');
    const document = await pin(page);
    const queue = page.getByTestId('stat-queue').getByTestId('value');
    const [waiting] = /^\d+/.exec(await queue.innerText()) ?? ['0'];
    const ids = await api.submitAll(
      Array.from({ length: 3 }, (_, index) => ({ skill: 'diagnostics.sleep', input: { milliseconds: 1_500 }, title: `Counted ${index}` })),
    );
    await expect(queue).toHaveText(`${Number(waiting) + 3} / 0`);
    await expect(row(page, ids[0]!)).toHaveAttribute('data-state', 'queued');
    await expect(card(page, 'diagnostics')).toHaveAttribute('data-status', 'drained');

    await api.resume('diagnostics');
    await expect(card(page, 'diagnostics')).toHaveAttribute('data-status', 'active');
    await expect(card(page, 'diagnostics').getByTestId('busy')).toContainText('3 of 64 busy');
    await expect(queue).toHaveText('0 / 3');
    await expect(row(page, ids[0]!)).toHaveAttribute('data-state', 'completed');
    await expect(queue).toHaveText('0 / 0');
    await expect(card(page, 'diagnostics').getByTestId('busy')).toContainText('0 of 64 busy');
    await expect(page.getByTestId('summary')).toContainText('in the last 24 hours');
    await expect(page.getByTestId('stat-throughput').getByTestId('value')).not.toHaveText('0');
    await expect(page.getByTestId('stat-success').getByTestId('value')).toContainText('%');
    await document.intact();
  } finally {
    await api.resume('diagnostics');
  }
});

test('what fails comes up under what needs attention', async ({ dashboard: page, api }) => {
  await open(page, '/');
  const task = await api.submit('diagnostics.fail', { times: 9, retryable: false }, { title: 'Needs a look' });
  const line = page.getByTestId('attention').locator(`[data-id="${task.id}"]`);
  await expect(line).toHaveAttribute('data-state', 'failed');
  await line.getByRole('link').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', /^[A-Z]+-\d{3}$/);
});

test('the charts are drawn, and their numbers can be read as a table', async ({ dashboard: page, api }) => {
  const task = await api.submit('diagnostics.echo', {});
  await api.ended(task.id);
  await open(page, '/');
  for (const chart of ['chart-throughput', 'chart-latency']) {
    await expect(page.getByTestId(chart).locator('canvas')).toBeVisible();
    await expect(page.getByTestId(chart).getByText('could not be drawn')).toBeHidden();
  }
  const throughput = page.getByTestId('chart-throughput');
  await throughput.getByText('Data', { exact: true }).click();
  const table = throughput.getByRole('table');
  await expect(table.getByRole('columnheader')).toHaveText(['Time (UTC)', 'Completed', 'Failed', 'Canceled', 'Submitted']);
  await expect.poll(() => table.getByRole('row').count()).toBeGreaterThan(100);
  // The latest points, once the bucket of the task is stored.
  await expect
    .poll(
      async () => {
        const cells = await table.locator('tbody tr td:nth-child(2)').allInnerTexts();
        return cells.reduce((sum, cell) => sum + (Number(cell) || 0), 0);
      },
      { timeout: 20_000 },
    )
    .toBeGreaterThan(0);
});

test('every number leads to what is behind it', async ({ dashboard: page }) => {
  await open(page, '/');
  const document = await pin(page);
  await page.getByTestId('stat-success').getByRole('link').click();
  await expect(page).toHaveURL(/\/tasks\?state=failed$/);
  await expect(page.getByTestId('filter').getByLabel('State')).toHaveValue('failed');
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  await document.intact();
});

test('the theme is chosen, kept, and already there when the next page comes', async ({ dashboard: page }) => {
  await open(page, '/');
  const root = page.locator('html');
  await expect(root).toHaveAttribute('data-theme', 'system');
  await page.getByTestId('theme').click();
  await expect(root).toHaveAttribute('data-theme', 'light');
  await page.getByTestId('theme').click();
  await expect(root).toHaveAttribute('data-theme', 'dark');
  const html = await (await page.request.get('/')).text();
  expect(html).toContain('data-theme="dark"');
  await page.reload();
  await isLive(page);
  await expect(root).toHaveAttribute('data-theme', 'dark');
});
