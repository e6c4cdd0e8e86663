// Does everything that matters work with JavaScript off, as plain pages and forms?
import { readFile } from 'node:fs/promises';

import { example } from './fixtures/examples';
import { ADMIN, type Page, card, expect, row, taskId, test, timeline } from './fixtures/test';

test.use({ serverOptions: { file: 'no_javascript' }, javaScriptEnabled: false });

// Nothing fetches the program that the page announces.
test.beforeEach(({ watch }) => watch.allow(/preload/));

async function signInByForm(page: Page): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('Email').fill(ADMIN.email);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByTestId('sign-in').click();
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
}

/** Loads the page again until it shows what is expected: nobody tells a page without scripts. */
async function reloadUntilState(page: Page, state: string | RegExp): Promise<void> {
  await expect(async () => {
    await page.reload();
    await expect(page.getByTestId('state')).toHaveAttribute('data-state', state, { timeout: 1 });
  }).toPass({ timeout: 30_000 });
}

test('a person signs in, is told of a wrong password, and signs out', async ({ page }) => {
  await page.goto('/agents');
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel('Email').fill(ADMIN.email);
  await page.getByLabel('Password').fill('not the password');
  await page.getByTestId('sign-in').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'AUTH-002');
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel('Email').fill(ADMIN.email);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByTestId('sign-in').click();
  await expect(page).toHaveURL(/\/agents$/);
  await expect(page.getByTestId('error')).toHaveCount(0);
  await page.getByTestId('sign-out').click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await page.goto('/agents');
  await expect(page).toHaveURL(/\/sign-in\?next=/);
});

test('the first administrator is made with the printed code', async ({ page, startServer }) => {
  const fresh = await startServer({ firstRun: true });
  await page.goto(`${fresh.url}/`);
  await page.goto(`${fresh.url}/first-run`);
  await page.getByLabel('One-time code').fill('WRONG-CODE-HERE');
  await page.getByLabel('Email').fill('first@example.test');
  await page.getByLabel('Password').fill('a long first password');
  await page.getByTestId('first-run').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', /^AUTH-\d{3}$/);
  await page.getByLabel('One-time code').fill(fresh.code ?? '');
  await page.getByLabel('Email').fill('first@example.test');
  await page.getByLabel('Password').fill('a long first password');
  await page.getByTestId('first-run').click();
  await expect(page.getByTestId('person')).toContainText('first@example.test');
});

test('the HTML of every page carries its rows', async ({ page, api }) => {
  const done = await api.submit('nlp.sentiment', { text: 'What a lovely day.' }, { title: 'In the HTML' });
  await api.ended(done.id);
  await signInByForm(page);
  const html = async (path: string) => (await page.request.get(path)).text();
  expect(await html('/')).toContain('In the HTML');
  expect(await html('/tasks')).toContain(done.id);
  expect(await html('/agents')).toContain('Tries out queue, agents and dashboard');
  expect(await html('/members')).toContain(ADMIN.email);
  expect(await html('/tasks/new')).toContain('nlp.summarize');
  const task = await html(`/tasks/${done.id}`);
  expect(task).toContain('on a scale from -1 to 1');
  expect(task.match(/data-testid="timeline-entry"/g)).toHaveLength(4);
  await page.goto('/');
  await expect(row(page, done.id).first()).toHaveAttribute('data-state', 'completed');
  await expect(page.getByTestId('theme')).toBeHidden();
});

test('a task with a file is submitted, its result read, and it is run again', async ({ page }) => {
  await signInByForm(page);
  await page.getByRole('link', { name: 'New task' }).click();
  await page.locator('[data-testid="skill"][data-name="data_science.profile"]').click();
  await page.getByTestId('field-artifact').setInputFiles(example('tables/iris.csv'));
  await page.getByTestId('submit').click();
  await expect(page).toHaveURL(/\/tasks\/[0-9a-f-]{36}$/);
  const first = taskId(page);
  await reloadUntilState(page, 'completed');
  expect(await timeline(page)).toEqual(['queued', 'assigned', 'running', 'completed']);
  await expect(page.getByTestId('result')).toContainText('petal_length_cm');
  await expect(page.getByTestId('chart').first().getByText('Data', { exact: true })).toBeVisible();

  await test.step('the input is the file that was sent', async () => {
    const id = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(await page.getByTestId('input').innerText())?.[0];
    const stored = await page.request.get(`/api/v1/artifacts/${id}/content`);
    expect(await stored.body()).toEqual(await readFile(example('tables/iris.csv')));
  });

  await page.getByTestId('rerun').click();
  await expect(page.getByRole('link', { name: 'the earlier task' })).toHaveAttribute('href', `/tasks/${first}`);
  expect(taskId(page)).not.toBe(first);
  await reloadUntilState(page, 'completed');
});

test('a text is submitted by example, and a wrong field is said', async ({ page }) => {
  await signInByForm(page);
  await page.goto('/tasks/new?skill=nlp.sentiment');
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'TASK-003');
  await expect(page.getByTestId('new-task')).toBeVisible();
  await page.getByTestId('example').first().click();
  await expect(page.getByTestId('field-text')).not.toHaveValue('');
  await page.getByTestId('submit').click();
  await reloadUntilState(page, 'completed');
  await expect(page.getByTestId('result')).toHaveAttribute('data-kind', 'sentiment');
});

test('a task is submitted on terms of its own, and a wrong one is said at its field', async ({ page }) => {
  await signInByForm(page);
  await page.goto('/tasks/new?skill=diagnostics.echo');
  const fields = page.getByTestId('schedule-fields');
  await fields.locator('summary').click();
  await fields.getByLabel('Labels').fill('nobody-has-this');
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'TASK-011');
  await expect(fields.getByLabel('Labels'), 'its fold is open').toBeVisible();
  await expect(fields.getByLabel('Labels')).toHaveAttribute('aria-invalid', 'true');

  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 16);
  await fields.getByLabel('Not before (UTC)').fill(tomorrow);
  await fields.getByLabel('Labels').fill('native');
  await fields.getByLabel('Attempts in all').fill('7');
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'waiting');
  await expect(page.locator(`time[datetime="${tomorrow}:00Z"]`).first()).toBeVisible();
  await expect(page.getByTestId('terms')).toContainText('7 attempts');
  await page.getByTestId('cancel').click();
  await reloadUntilState(page, 'canceled');
});

test('several tasks are submitted at once', async ({ page }) => {
  await signInByForm(page);
  await page.goto('/tasks/new');
  await page.getByTestId('several').click();
  const text = page.getByTestId('batch').getByLabel('Tasks');
  await text.fill('[{"skill": "diagnostics.echo"}]');
  await page.getByTestId('submit-batch').click();
  await expect(page.getByTestId('error')).toContainText('/tasks/0/input');
  await text.fill(JSON.stringify([1, 2].map((number) => ({ skill: 'diagnostics.echo', input: {}, title: `Together ${number}` }))));
  await page.getByTestId('submit-batch').click();
  await expect(page).toHaveURL(/\/tasks$/);
  await expect(page.getByTestId('task-row').filter({ hasText: 'Together' })).toHaveCount(2);
});

test('a shared thing is claimed and given back, and a name that is none is said', async ({ page }) => {
  await signInByForm(page);
  await page.goto('/claims');
  const form = page.getByTestId('new-claim');
  await form.getByLabel('What is claimed').fill('plain');
  await form.getByTestId('claim').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'CLAIM-006');
  await form.getByLabel('What is claimed').fill('path:plain');
  await form.getByTestId('claim').click();
  const held = page.locator('[data-testid="claim-row"][data-resource="path:plain"]');
  await expect(held).toHaveAttribute('data-state', 'held');
  await held.getByTestId('release-claim').click();
  await expect(held).toHaveCount(0);
});

test('a running task is cancelled', async ({ page }) => {
  await signInByForm(page);
  await page.goto('/tasks/new?skill=diagnostics.sleep');
  await page.getByTestId('field-milliseconds').fill('60000');
  await page.getByTestId('submit').click();
  await reloadUntilState(page, 'running');
  await page.getByTestId('cancel').click();
  await expect(page.getByTestId('state')).toBeVisible();
  await reloadUntilState(page, 'canceled');
  await expect(page.getByTestId('cancel')).toHaveCount(0);
});

test('the list is filtered', async ({ page, api }) => {
  const done = await api.submit('diagnostics.echo', {}, { title: 'Plain and simple' });
  await api.ended(done.id);
  await signInByForm(page);
  await page.goto('/tasks');
  await page.getByTestId('filter').getByLabel('State').selectOption('completed');
  await page.getByTestId('filter').getByLabel('Text').fill('plain and');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/state=completed/);
  await expect(page.getByTestId('task-row')).toHaveCount(1);
  await row(page, done.id).getByRole('link').click();
  await expect(page).toHaveURL(new RegExp(`/tasks/${done.id}$`));
});

test('an agent is drained and resumed, a member added, a key made', async ({ page }) => {
  await signInByForm(page);
  await page.goto('/agents');
  await card(page, 'diagnostics').getByTestId('drain').click();
  await expect(page).toHaveURL(/\/agents$/);
  await expect(card(page, 'diagnostics')).toHaveAttribute('data-status', /^drain(ed|ing)$/);
  await card(page, 'diagnostics').getByTestId('resume').click();
  await expect(card(page, 'diagnostics')).toHaveAttribute('data-status', 'active');

  await page.goto('/members');
  await page.getByLabel('Email').fill('plain@example.test');
  await page.getByLabel('First password').fill('a long first password');
  await page.getByTestId('create-user').click();
  await expect(page.locator('[data-email="plain@example.test"]')).toBeVisible();
  await page.getByLabel('What it is for').fill('plain key');
  await page.getByTestId('create-key').click();
  await expect(page.getByTestId('new-secret')).toBeVisible();
  await page.reload();
  await expect(page.getByTestId('new-secret')).toHaveCount(0);
  await expect(page.locator('[data-name="plain key"]')).toBeVisible();
  await page.getByLabel('Email').fill('plain@example.test');
  await page.getByLabel('First password').fill('a long first password');
  await page.getByTestId('create-user').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'USER-002');
  await page.goto('/members');
  await expect(page.getByTestId('error'), 'a problem is shown once').toHaveCount(0);
});

test('a decision is opened with a weight, a tie-break and a budget', async ({ page, api }) => {
  await signInByForm(page);
  await page.goto('/decisions/new');
  await page.getByLabel('Question').fill('Without scripts?');
  await page.getByLabel('Answers to choose from').fill('yes\nno');
  await page.getByText('People by address, and weights', { exact: true }).click();
  await page.getByLabel('People by address', { exact: true }).fill(`${ADMIN.email}: 2`);
  await page.getByText('Ties and margins', { exact: true }).click();
  await page.getByLabel('A tie is broken by').selectOption('lot');
  await page.getByText('What it may use', { exact: true }).click();
  await page.getByLabel('Tokens').fill('1000');
  await page.getByTestId('open-decision').click();
  await expect(page).toHaveURL(/\/decisions\/[0-9a-f-]{36}$/);
  const { request } = await api.get<{ request: Record<string, unknown> }>(new URL(page.url()).pathname);
  expect(request.electorate).toMatchObject([{ kind: 'user', weight: 2 }]);
  expect([request.tie_break, request.budget]).toEqual([['lot'], { tokens: 1000 }]);

  await page.goto('/decisions/new');
  await page.getByLabel('Question').fill('Of whom?');
  await page.getByLabel('Answers to choose from').fill('yes\nno');
  await page.getByText('People by address, and weights', { exact: true }).click();
  await page.getByLabel('People by address', { exact: true }).fill('nobody@example.test');
  await page.getByTestId('open-decision').click();
  await expect(page.getByTestId('error')).toContainText('persons, nobody@example.test');
});
