// Does Baton help its users: does a wish in plain words lead to a skill, and is a failure explained where it is seen?
import { expect, open, pin, test } from './fixtures/test';

test.use({ serverOptions: { file: 'assistance' } });

test('a wish in plain words leads to the form of a skill', async ({ dashboard: page }) => {
  await open(page, '/tasks/new');
  const document = await pin(page);
  await page.getByLabel('In your words').fill('How do our customers feel about us?');
  await page.getByTestId('wish-ask').click();
  const first = page.getByTestId('suggestion').first();
  await expect(first).toHaveAttribute('data-name', 'nlp.sentiment');
  await expect(first).toContainText('found by');
  await expect(page).toHaveURL(/wish=How/);

  // The model inside the process is not able enough, and that is said.
  await page.getByTestId('wish-model').click();
  await expect(page.getByTestId('wish-reason')).toContainText('MODEL-', { timeout: 30_000 });
  await expect(first).toHaveAttribute('data-name', 'nlp.sentiment');

  await page.getByLabel('In your words').fill('xyzzy');
  await page.getByTestId('wish-ask').click();
  await expect(page.getByTestId('no-suggestion')).toBeVisible();

  await page.getByLabel('In your words').fill('a table from a web page');
  await page.getByTestId('wish-ask').click();
  await page.locator('[data-testid="suggestion"][data-name="web_automation.tables"]').click();
  await expect(page.getByTestId('new-task')).toBeVisible();
  await expect(page.getByTestId('skill-reach')).toContainText('network');
  await document.intact();
});

test('a failure is explained on its page, with the facts and the task that found them', async ({ dashboard: page, api }) => {
  const task = await api.submit('diagnostics.fail', { times: 2, retryable: false });
  await api.ended(task.id);
  await open(page, `/tasks/${task.id}`);
  await page.getByTestId('explain').click();
  const why = page.getByTestId('why');
  await expect(why.getByText('Likely cause')).toBeVisible({ timeout: 30_000 });
  await expect(why).toContainText('attempt 1 of 2 that fail, as asked');
  await why.getByTestId('analysis').click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Why “');
  await expect(page.getByTestId('explain')).toHaveCount(0);
});

test('a task that nobody named is named by what it is about', async ({ dashboard: page, api }) => {
  const task = await api.submit('nlp.sentiment', { text: 'The parcel came two weeks late.' });
  await api.ended(task.id);
  await open(page, '/tasks');
  await expect(page.getByText(': The parcel came two weeks late.')).toBeVisible();
});
