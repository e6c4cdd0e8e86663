// Does the page of events show what happens as it happens, and how far the log reaches?
import { expect, isLive, open, pin, test } from './fixtures/test';

test.use({ serverOptions: { file: 'events', arguments: ['--keep-events-days', '30', '--keep-events', '50000'] } });

const places = async (page: import('@playwright/test').Page) =>
  (await page.getByTestId('event').evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-seq'))))) as number[];

test('what happens comes to the top as it happens, once and in order', async ({ dashboard: page, api }) => {
  await open(page, '/events');
  await isLive(page);
  const document = await pin(page);
  const task = await api.submit('diagnostics.echo', {});
  await api.ended(task.id);
  const rows = page.getByTestId('event').filter({ hasText: `task:${task.id}` });
  await expect(rows).toHaveCount(4);
  await expect(rows.first()).toHaveAttribute('data-kind', 'task.completed');
  await expect(rows.last()).toHaveAttribute('data-kind', 'task.queued');
  const seen = await places(page);
  expect(seen).toEqual([...new Set(seen)].sort((one, other) => other - one));
  await expect(page.getByTestId('events-head')).toHaveText(Intl.NumberFormat('en').format(seen[0] ?? 0));
  await document.intact();

  await rows.first().getByRole('link').click();
  await expect(page).toHaveURL(`/tasks/${task.id}`);
});

test('the page says how far the log reaches and how long it is kept', async ({ dashboard: page }) => {
  await open(page, '/events');
  await expect(page.getByTestId('events-floor')).toHaveText('0');
  await expect(page.getByTestId('events-keep')).toHaveText('30 days, at most 50,000 of them');
});

test('a topic is chosen by the form, and new events are held to it', async ({ dashboard: page, api }) => {
  await open(page, '/events');
  await page.getByLabel('Topics').fill('task.completed');
  await page.getByTestId('filter').getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/topics=task\.completed/);
  await isLive(page);
  const task = await api.submit('diagnostics.echo', {});
  await api.ended(task.id);
  await expect(page.getByTestId('event').filter({ hasText: `task:${task.id}` })).toHaveCount(1);
  const kinds = await page.getByTestId('event').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-kind')));
  expect([...new Set(kinds)]).toEqual(['task.completed']);
});

test('a malformed topic is refused by its name', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 4/);
  await open(page, "/events?topics=task'%3B");
  await expect(page.getByTestId('error')).toContainText('topics');
});

test('a paused list stands still and says how much is new', async ({ dashboard: page, api }) => {
  await open(page, '/events');
  await isLive(page);
  await page.getByTestId('pause').click();
  const before = await places(page);
  const task = await api.submit('diagnostics.echo', {});
  await api.ended(task.id);
  await expect(page.getByTestId('pause')).toContainText('4 new');
  expect(await places(page)).toEqual(before);
  await page.getByTestId('pause').click();
  await expect(page.getByTestId('event').filter({ hasText: `task:${task.id}` })).toHaveCount(4);
});

test('older parts are a page away, and lead back to the newest', async ({ dashboard: page, api }) => {
  const ids = await api.submitAll(Array.from({ length: 80 }, () => ({ skill: 'diagnostics.echo', input: {} })));
  for (const id of ids) await api.ended(id);
  await open(page, '/events');
  const newest = await places(page);
  await page.getByTestId('older').click();
  await expect(page.getByTestId('newest')).toBeVisible();
  const older = await places(page);
  expect(Math.max(...older)).toBeLessThan(Math.max(...newest));
  await page.getByTestId('newest').click();
  await expect(page.getByTestId('newest')).toHaveCount(0);
});
