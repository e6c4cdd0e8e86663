// Can a person say on what terms tasks run, submit several at once, limit what runs at once, and end or run again many together?
import { expect, open, pin, row, test, timeline } from './fixtures/test';

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

test('the form takes a time, labels, retries and deadlines, the command shows them, and so does the page of the task', async ({ dashboard: page }) => {
  await open(page, '/tasks/new?skill=diagnostics.echo');
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 16);
  const fields = page.getByTestId('schedule-fields');
  await fields.locator('summary').click();
  await fields.getByLabel('Not before (UTC)').fill(tomorrow);
  await fields.getByLabel('Labels').fill('native');
  await fields.getByLabel('Attempts in all').fill('7');
  await fields.getByLabel('Wait before the second, ms').fill('1500');
  await fields.getByLabel('Codes never tried again').fill('http_503, mine');
  await fields.getByLabel('From ready to begun, ms').fill('3600000');
  await fields.getByLabel('Longest silence of an attempt, ms').fill('10000');
  const command = page.getByTestId('curl');
  for (const sent of [`"run_at": "${tomorrow}:00Z"`, '"native"', '"maximum_attempts": 7', '"initial_interval_ms": 1500', '"mine"', '"heartbeat_ms": 10000']) {
    await expect(command).toContainText(sent);
  }
  await page.getByTestId('submit').click();

  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'waiting');
  await expect(page.locator(`time[datetime="${tomorrow}:00Z"]`).first()).toBeVisible();
  const terms = page.getByTestId('terms');
  for (const said of ['native', '7 attempts, 1.5 s before the second', 'http_503, mine', '1 h until it begins', '10 s of silence']) {
    await expect(terms).toContainText(said);
  }
  await page.getByTestId('cancel').click();
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'canceled');
});

test('what is wrong in the terms is said at its field, which is unfolded', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/tasks/new?skill=diagnostics.echo');
  const fields = page.getByTestId('schedule-fields');
  const labels = fields.getByLabel('Labels');
  await fields.locator('summary').click();
  await labels.fill('nobody-has-this');
  await fields.locator('summary').click();
  await expect(labels).toBeHidden();
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'TASK-011');
  await expect(labels).toBeVisible();
  await expect(labels).toHaveAttribute('aria-invalid', 'true');

  await labels.fill('');
  await fields.getByLabel('Longest silence of an attempt, ms').fill('soon');
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'REQUEST-002');
  await expect(fields.getByLabel('Longest silence of an attempt, ms')).toHaveAttribute('aria-invalid', 'true');
  await expect(labels).not.toHaveAttribute('aria-invalid', 'true');
  await expect(fields).toContainText('Use a whole number.');

  // What only the service can refuse stands at its field too.
  await fields.getByLabel('Longest silence of an attempt, ms').fill('0');
  await fields.locator('summary').click();
  await expect(labels).toBeHidden();
  await page.getByTestId('submit').click();
  await expect(labels, 'a later error opens the fold again').toBeVisible();
  await expect(fields).toContainText('use 1 ms to 30 days');
  await fields.getByLabel('Longest silence of an attempt, ms').fill('10000');
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'completed');
});

test('several tasks are submitted at once, or none of them', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/tasks/new');
  const document = await pin(page);
  await page.getByTestId('several').click();
  await expect(page).toHaveURL(/\/tasks\/new\?several/);
  const text = page.getByTestId('batch').getByLabel('Tasks');
  const first = { skill: 'diagnostics.echo', input: { message: 'first' }, ref: 'first' };
  const wrong = { skill: 'diagnostics.sleep', input: { milliseconds: -5 }, depends_on: ['first'] };

  await text.fill(JSON.stringify([first, { ...wrong, priority: 'high' }]));
  await page.getByTestId('submit-batch').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'REQUEST-002');
  await expect(page.getByTestId('error')).toContainText('/tasks/1/priority');

  const typed = JSON.stringify([first, wrong]);
  await text.fill(typed);
  await page.getByTestId('submit-batch').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'TASK-003');
  await expect(page.getByTestId('error')).toContainText('/tasks/1/input/milliseconds');
  await expect(text, 'nothing typed is lost').toHaveValue(typed);
  await expect(page.getByTestId('accepted')).toBeEmpty();

  await text.fill(JSON.stringify([first, { ...wrong, input: { milliseconds: 5 } }]));
  await page.getByTestId('submit-batch').click();
  await expect(page.getByTestId('accepted').getByRole('status'), 'read out without the links').toHaveText('2 tasks are accepted.');
  await expect(text).toHaveValue('');
  await page.getByTestId('accepted-task').last().click();
  await expect(page.getByTestId('dependency')).toHaveCount(1);
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'completed');
  expect((await timeline(page))[0]).toBe('waiting');
  await document.intact();
});

test('dead tasks are run again together', async ({ dashboard: page, api }) => {
  const failing = { skill: 'diagnostics.fail', input: { times: 9, retryable: false } };
  const dead = await api.submitAll([1, 2].map((number) => ({ ...failing, title: `Dead ${number}`, fairness_key: 'again-together' })));
  const other = await api.submit(failing.skill, failing.input, { title: 'Stays dead', fairness_key: 'not-again' });
  for (const id of [...dead, other.id]) await api.ended(id);
  await open(page, '/tasks/dead?key=again-together');
  await expect(page.getByTestId('task-row')).toHaveCount(2);
  await page.getByTestId('rerun-all').click();
  await expect(page.getByTestId('rerun-answer')).toHaveText('2 run again.');
  // The new ones fail as the old ones did.
  await expect(async () => {
    await open(page, '/tasks/dead?key=again-together');
    await expect(page.getByTestId('task-row')).toHaveCount(4, { timeout: 1_000 });
  }).toPass();
  await page.getByTestId('task-row').first().getByRole('link').first().click();
  const before = await page.getByRole('link', { name: 'the earlier task' }).getAttribute('href');
  expect(dead.map((id) => `/tasks/${id}`)).toContain(before);
  await open(page, '/tasks/dead?key=not-again');
  await expect(page.getByTestId('task-row')).toHaveCount(1);
});

test('what the filter shows is cancelled together, and nothing else', async ({ dashboard: page, api }) => {
  await api.drain('diagnostics');
  try {
    const ids = await api.submitAll([1, 2].map((number) => ({ skill: 'diagnostics.echo', input: {}, title: `Away with number ${number}` })));
    const other = await api.submit('diagnostics.echo', {}, { title: 'This one stays' });
    await open(page, '/tasks?q=away+with');
    await expect(page.getByTestId('task-row')).toHaveCount(2);
    const fold = page.getByTestId('cancel-filtered');
    await expect(fold.getByTestId('cancel-all')).toBeHidden();
    await fold.locator('summary').click();
    await fold.getByTestId('cancel-all').click();
    await expect(fold.getByRole('status')).toHaveText('2 asked to end.');
    for (const id of ids) await expect(row(page, id)).toHaveAttribute('data-state', 'canceled');
    expect((await api.task(other.id)).summary.state).toBe('queued');
  } finally {
    await api.resume('diagnostics');
  }
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
