// Can a person make tasks depend on one another, limit what runs at once, and run dead tasks again together?
import { expect, open, pin, test } from './fixtures/test';

test.use({ serverOptions: { file: 'task_manager' } });

test('a limit is set, shown with what runs under it, and removed', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/limits');
  await expect(page.getByText('No limit is set')).toBeVisible();
  const document = await pin(page);
  const form = page.locator('form', { has: page.getByTestId('limit-key') });
  await form.getByLabel('Fairness key').fill('tenant-7');
  await form.getByLabel('At most').fill('2');
  await form.getByTestId('limit-key').click();
  const row = page.getByTestId('limit-row');
  await expect(row).toHaveCount(1);
  await expect(row).toContainText('tenant-7');
  await form.getByLabel('Fairness key').fill('tenant-8');
  await form.getByLabel('At most').fill('0');
  await form.getByTestId('limit-key').click();
  await expect(page.getByRole('alert')).toContainText('LIMIT-002');
  await row.getByTestId('remove-limit').click();
  await expect(row).toHaveCount(0);
  await document.intact();
});

test('the form takes a fairness key and a budget, and the page of the task shows them', async ({ dashboard: page }) => {
  await open(page, '/tasks/new?skill=diagnostics.echo');
  await page.getByText('Dependencies, fairness and budget').click();
  await page.getByLabel('Fairness key').fill('tenant-7');
  await page.getByLabel('At most, tokens').fill('1000');
  await page.getByTestId('submit').click();
  const terms = page.getByTestId('terms');
  await expect(terms).toContainText('tenant-7');
  await expect(terms).toContainText('1000 tokens');
});

test('dead tasks are found by their code', async ({ dashboard: page }) => {
  await open(page, '/tasks');
  await page.getByTestId('dead-tasks').click();
  await expect(page).toHaveURL(/\/tasks\/dead/);
  await page.getByTestId('dead-filter').getByLabel('Code').fill('ATTEMPT-999');
  await page.getByTestId('dead-filter').getByRole('button', { name: 'Filter' }).click();
  await expect(page.getByText('No dead task fits.')).toBeVisible();
  await expect(page.getByTestId('rerun-all')).toBeDisabled();
});
