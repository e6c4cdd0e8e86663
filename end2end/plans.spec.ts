// Does a goal in plain words become a workflow that people can look at, change, accept or refuse?
import { example } from './fixtures/examples';
import { type Page, expect, open, pin, test } from './fixtures/test';

test.use({ serverOptions: { file: 'plans' } });

/** Gives a goal with a file, and waits for what is proposed. */
async function propose(page: Page, goal: string, file: string): Promise<void> {
  await open(page, '/plans/new');
  await page.getByLabel('Goal').fill(goal);
  await page.getByTestId('plan-file').setInputFiles(example(file));
  await page.getByTestId('propose').click();
  await expect(page).toHaveURL(/\/plans\/[0-9a-f-]{36}$/);
}

test('a goal is planned by rules, explained, accepted, and runs', async ({ dashboard: page }) => {
  await propose(page, 'Profile the table.', 'tables/penguins.csv');
  const document = await pin(page);
  await expect(page.getByTestId('plan-state')).toHaveAttribute('data-state', 'proposed');
  await expect(page.getByTestId('graph-node').first()).toBeVisible();
  await expect(page.getByTestId('clause').first()).toHaveAttribute('data-skill', 'data_science.profile');
  await expect(page.getByTestId('explanation')).toContainText('by rules alone');

  await page.getByTestId('accept-plan').click();
  await expect(page).toHaveURL(/\/runs\/[0-9a-f-]{36}$/);
  await expect(page.getByTestId('run-state')).toHaveAttribute('data-state', 'completed', { timeout: 60_000 });
  await document.intact();
});

test('a plan that is edited has to be right before it is accepted', async ({ dashboard: page }) => {
  await propose(page, 'Profile the table.', 'tables/penguins.csv');
  const text = await page.getByRole('textbox', { name: 'Workflow' }).inputValue();
  await page.getByRole('textbox', { name: 'Workflow' }).fill(text.replace('data_science.profile', 'data_science.profil'));
  await expect(page.getByTestId('workflow-problem').first()).toBeVisible();
  await expect(page.getByTestId('accept-plan')).toBeDisabled();
  await page.getByRole('textbox', { name: 'Workflow' }).fill(`# Looked at.\n${text}`);
  await page.getByTestId('save-plan').click();
  await expect(page.getByText('edited', { exact: true })).toBeVisible();
  await expect(page.getByTestId('accept-plan')).toBeEnabled();
});

test('a plan is refused with why, and says so to whoever comes later', async ({ dashboard: page }) => {
  await propose(page, 'Profile the table.', 'tables/penguins.csv');
  await page.getByLabel('Why not').fill('Not today');
  await page.getByTestId('refuse-plan').click();
  await expect(page.getByTestId('plan-state')).toHaveAttribute('data-state', 'refused');
  await expect(page.getByText('Not today')).toBeVisible();
  await expect(page.getByTestId('plan-verdict')).toBeHidden();
  await open(page, '/plans?state=refused');
  await expect(page.getByTestId('plan-row')).not.toHaveCount(0);
});

test('another way is proposed by itself when a step fails, and waits to be accepted', async ({ dashboard: page, api }) => {
  await open(page, '/plans/new');
  await page.getByLabel('Goal').fill('Summarize the page and find its keywords, then write a report.');
  await page.getByLabel('Other inputs').fill('page: http://127.0.0.1:9/nothing');
  await page.getByLabel('If a step fails for good, another way is proposed by itself').check();
  await page.getByTestId('propose').click();
  await expect(page).toHaveURL(/\/plans\/[0-9a-f-]{36}$/);
  await expect(page.getByText('planned anew if a step fails')).toBeVisible();
  const plan = new URL(page.url()).pathname;
  await page.getByTestId('accept-plan').click();
  await expect(page).toHaveURL(/\/runs\/[0-9a-f-]{36}$/);
  const run = new URL(page.url()).pathname;
  await expect(page.getByTestId('run-state')).toHaveAttribute('data-state', 'failed', { timeout: 30_000 });

  await open(page, plan);
  await expect(page.getByTestId('another-way')).toBeVisible({ timeout: 20_000 });
  await page.getByTestId('another-way').click();
  await expect(page.getByRole('link', { name: 'a run that failed' })).toHaveAttribute('href', run);
  await expect(page.getByTestId('plan-state')).toHaveAttribute('data-state', 'proposed');
  await expect(page.getByTestId('accept-plan')).toBeEnabled();
  expect((await api.get<{ items: unknown[] }>('/runs')).items.filter((one) => JSON.stringify(one).includes('-again'))).toEqual([]);

  const other = new URL(page.url()).pathname;
  await open(page, '/notifications');
  const told = page.locator('[data-testid="notification"][data-kind="plan.proposed"]').first();
  await expect(told.getByRole('link').first()).toHaveAttribute('href', other);
});

test('what cannot be planned is refused with its code', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 4\d\d/);
  await open(page, '/plans/new');
  await page.getByLabel('Goal').fill('Fly to the moon.');
  await page.getByTestId('propose').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', /^PLAN-/);
});
