// Does the page of servers say where the work runs, and can a server be drained and resumed there?
import { expect, isLive, open, pin, row, test } from './fixtures/test';

test.use({ serverOptions: { file: 'servers' } });

test('the only server is listed, leads, and takes work', async ({ dashboard: page }) => {
  await open(page, '/servers');
  const server = page.getByTestId('server-row');
  await expect(server).toHaveCount(1);
  await expect(server).toHaveAttribute('data-kind', 'server');
  await expect(server).toHaveAttribute('data-status', 'active');
  await expect(server).toContainText('server, leads');
  await expect(page.getByRole('link', { name: 'Servers' })).toHaveAttribute('aria-current', 'page');
});

test('a drained server takes no work until it is resumed, and the page shows it without a reload', async ({ context, dashboard: page, api }) => {
  await open(page, '/servers');
  const other = await context.newPage();
  await open(other, '/servers');
  await isLive(other);
  const documents = await Promise.all([pin(page), pin(other)]);
  await page.getByTestId('drain-server').click();
  for (const one of [page, other]) await expect(one.getByTestId('server-row')).toHaveAttribute('data-status', 'draining');
  const task = await api.submit('diagnostics.echo', {}, { title: 'Waits for its server' });
  const tasks = await context.newPage();
  await open(tasks, '/tasks');
  await expect(row(tasks, task.id)).toHaveAttribute('data-state', 'queued');
  await page.getByTestId('resume-server').click();
  for (const one of [page, other]) await expect(one.getByTestId('server-row')).toHaveAttribute('data-status', 'active');
  await expect(row(tasks, task.id)).toHaveAttribute('data-state', 'completed');
  for (const document of documents) await document.intact();
});
