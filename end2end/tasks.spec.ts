// Can a person give work through the form and watch it to its end, without loading a page anew?
import { example } from './fixtures/examples';
import { chooseSkill, fillIn, submit, submitFromHere } from './fixtures/form';
import { expect, open, pin, row, taskId, test, timeline } from './fixtures/test';

test.use({ serverOptions: { file: 'tasks' } });

const STRAIGHT = ['queued', 'assigned', 'running', 'completed'];

const WORK = [
  { skill: 'data_science.profile', file: 'tables/penguins.csv', kind: 'table_profile', says: ['344', 'bill_length_mm', 'species'], charts: true },
  { skill: 'code_analysis.metrics', file: 'sources/inventory.py', kind: 'structured', says: ['python', 'Functions', 'Cyclomatic'] },
  { skill: 'nlp.detect_language', file: 'texts/udhr-de.txt', kind: 'language', says: ['German (de)'] },
  { skill: 'nlp.sentiment', file: 'texts/reviews-en.txt', kind: 'sentiment', says: ['on a scale from -1 to 1', 'By sentence'] },
  { skill: 'nlp.keywords', file: 'texts/gettysburg-address.txt', kind: 'keywords', says: ['nation'] },
  { skill: 'nlp.summarize', file: 'texts/udhr-en.txt', kind: 'summary', says: ['Sentence'], fields: { sentences: '3' } },
];

for (const { skill, file, kind, says, fields, charts } of WORK) {
  test(`${skill} works on ${file}, and its page shows every state and the result without a reload`, async ({ dashboard: page }) => {
    await open(page, '/tasks/new');
    const document = await pin(page);
    await submitFromHere(page, { skill, file, ...(fields ? { fields } : {}) });

    await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
    await expect.poll(() => timeline(page)).toEqual(STRAIGHT);
    const result = page.getByTestId('result');
    await expect(result).toHaveAttribute('data-kind', kind);
    for (const words of says) await expect(result).toContainText(words);
    if (charts) {
      await expect(result.getByTestId('chart').first().locator('canvas')).toBeVisible();
      await expect(result.getByTestId('artifact').first()).toBeVisible();
    }
    await expect(page.getByTestId('attempt')).toHaveCount(1);
    await expect(page.getByTestId('candidates')).toContainText('chosen');
    await expect(page.getByTestId('span').first()).toBeVisible();
    await expect(page.getByTestId('rerun')).toBeVisible();
    await document.intact();

    await test.step('and the server draws the same page by itself', async () => {
      await page.reload();
      await expect(result).toHaveAttribute('data-kind', kind);
      await expect.poll(() => timeline(page)).toEqual(STRAIGHT);
    });
  });
}

test('a slow task is seen live in each of its states', async ({ dashboard: page, api }) => {
  // While its agent takes no work, a task stays queued for as long as the test looks at it.
  await api.drain('diagnostics');
  try {
    await open(page, '/tasks/new');
    const document = await pin(page);
    await submitFromHere(page, { skill: 'diagnostics.sleep', fields: { milliseconds: '3000' } });
    const state = page.getByTestId('state');
    await expect(state).toHaveAttribute('data-state', 'queued');
    await expect.poll(() => timeline(page)).toEqual(['queued']);
    await expect(page.getByText('The result appears here as soon as there is one.')).toBeVisible();

    await api.resume('diagnostics');
    await expect(state).toHaveAttribute('data-state', 'running');
    await expect.poll(() => timeline(page)).toEqual(['queued', 'assigned', 'running']);
    await expect(page.getByTestId('progress')).toContainText('sleeping');
    await expect(page.getByTestId('log-line').filter({ hasText: 'slept 2 of 10' })).toBeVisible();
    await expect(page.getByTestId('cancel')).toBeVisible();

    await expect(state).toHaveAttribute('data-state', 'completed');
    await expect.poll(() => timeline(page)).toEqual(STRAIGHT);
    await expect(page.getByTestId('progress')).toBeHidden();
    await expect(page.getByTestId('log-line')).toHaveCount(10);
    await expect(page.getByTestId('result')).toContainText('slept_ms');
    await document.intact();
  } finally {
    await api.resume('diagnostics');
  }
});

test('a task is held back and goes on, from its page', async ({ dashboard: page, api }) => {
  await api.drain('diagnostics');
  try {
    await submit(page, { skill: 'diagnostics.echo' });
    const document = await pin(page);
    const state = page.getByTestId('state');
    await page.getByTestId('pause').click();
    await expect(state).toHaveAttribute('data-state', 'paused');
    await expect(page.getByTestId('pause')).toHaveCount(0);
    await api.resume('diagnostics');
    await page.getByTestId('resume').click();
    await expect(state).toHaveAttribute('data-state', 'completed');
    await expect.poll(() => timeline(page)).toEqual(['queued', 'paused', ...STRAIGHT]);
    await expect(page.getByTestId('resume')).toHaveCount(0);
    await document.intact();
  } finally {
    await api.resume('diagnostics');
  }
});

test('a running task pauses at its next checkpoint and goes on from there', async ({ dashboard: page }) => {
  await submit(page, { skill: 'diagnostics.sleep', fields: { milliseconds: '6000' } });
  const document = await pin(page);
  const state = page.getByTestId('state');
  await expect(state).toHaveAttribute('data-state', 'running');
  await page.getByTestId('pause').click();
  await expect(state).toHaveAttribute('data-state', 'paused');
  await expect(page.getByText('Last checkpoint')).toBeVisible();
  await expect(page.getByTestId('pausing')).toHaveCount(0);
  await page.getByTestId('resume').click();
  await expect(state).toHaveAttribute('data-state', 'completed', { timeout: 20_000 });
  await expect.poll(() => timeline(page)).toEqual(['queued', 'assigned', 'running', 'paused', ...STRAIGHT]);
  await expect(page.getByTestId('attempt')).toHaveCount(2);
  await expect(page.getByTestId('attempt').filter({ hasText: 'paused' })).toHaveCount(1);
  // No tenth of its time was slept twice.
  await expect(page.getByTestId('log-line').filter({ hasText: 'of 10' })).toHaveCount(10);
  await document.intact();
});

test('a wish to pause is taken back before any checkpoint met it', async ({ dashboard: page }) => {
  await submit(page, { skill: 'diagnostics.sleep', fields: { milliseconds: '60000' } });
  const state = page.getByTestId('state');
  await expect(state).toHaveAttribute('data-state', 'running');
  await page.getByTestId('pause').click();
  const back = page.getByTestId('resume');
  await expect(back).toBeVisible();
  await back.click();
  await expect(state).toHaveAttribute('data-state', /^(running|queued|assigned)$/);
  await expect(page.getByTestId('pause')).toBeVisible();
  await page.getByTestId('cancel').click();
  await expect(state).toHaveAttribute('data-state', 'canceled');
});

test('a task that has ended offers no pause', async ({ dashboard: page }) => {
  await submit(page, { skill: 'diagnostics.echo' });
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'completed');
  await expect(page.getByTestId('pause')).toHaveCount(0);
});

test('several do a task, and its page shows who, what each answered, and that they agree', async ({ dashboard: page }) => {
  await open(page, '/tasks/new');
  const document = await pin(page);
  await chooseSkill(page, 'nlp.detect_language');
  await page.getByTestId('example').first().click();
  const several = page.getByTestId('decide-fields');
  await several.locator('summary').click();
  await several.locator('[name="decide_samples"]').fill('3');
  await expect(page.getByTestId('curl')).toContainText('"samples": 3');
  await page.getByTestId('submit').click();

  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
  await expect.poll(() => timeline(page)).toEqual(['waiting', 'completed']);
  const voters = page.getByTestId('voters');
  await expect(voters.getByTestId('task-voter')).toHaveCount(3);
  await expect(voters.getByTestId('agreed')).toContainText('All answers are the same');
  await expect(voters.getByTestId('voters-decision')).toHaveCount(0);
  await expect(page.getByText('Several do this task: each has its attempts on a task of its own.')).toBeVisible();
  await expect(page.getByTestId('result')).toHaveAttribute('data-kind', 'language');
  await voters.getByTestId('voter-task').first().click();
  await expect(page.getByTestId('attempt')).toHaveCount(1);
  await page.getByRole('link', { name: 'another task' }).click();
  await page.getByRole('link', { name: 'the list of them' }).click();
  await expect(page.getByTestId('task-row')).toHaveCount(3);
  await document.intact();
});

test('a failed attempt is tried again, and the page shows both', async ({ dashboard: page }) => {
  await submit(page, { skill: 'diagnostics.fail', fields: { times: '1' } });
  const document = await pin(page);
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'completed', { timeout: 20_000 });
  await expect.poll(() => timeline(page)).toEqual(['queued', 'assigned', 'running', ...STRAIGHT]);
  await expect(page.getByTestId('attempt')).toHaveCount(2);
  await expect(page.getByTestId('attempt').filter({ hasText: 'Attempt 1' })).toContainText('failed');
  await document.intact();
});

test('a task that fails for good says why, with a code', async ({ dashboard: page }) => {
  await submit(page, { skill: 'diagnostics.fail', fields: { times: '1', retryable: 'false' } });
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'failed');
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', /^[A-Z]+-\d{3}$/);
  await expect(page.getByTestId('error')).toContainText('as asked');
});

test('a running task is cancelled, and run again as a new one', async ({ dashboard: page, api }) => {
  const first = await submit(page, { skill: 'diagnostics.sleep', fields: { milliseconds: '60000' } });
  const document = await pin(page);
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'running');
  await page.getByTestId('cancel').click();
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'canceled');
  await expect.poll(() => timeline(page)).toEqual(['queued', 'assigned', 'running', 'canceled']);
  await expect(page.getByTestId('cancel')).toBeHidden();

  await page.getByTestId('rerun').click();
  await expect.poll(() => taskId(page)).not.toBe(first);
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'running');
  await expect(page.getByRole('link', { name: 'the earlier task' })).toHaveAttribute('href', `/tasks/${first}`);
  await document.intact();
  await api.cancel(taskId(page));
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'canceled');
});

test('what is wrong in the form is said at its field, and nothing typed is lost', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/tasks/new?skill=diagnostics.sleep');
  const document = await pin(page);
  // The browser's own check is switched off, as another client would not have it.
  await page.getByTestId('new-task').evaluate((form) => ((form as HTMLFormElement).noValidate = true));
  await page.getByTestId('field-milliseconds').fill('-5');
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'TASK-003');
  await expect(page.getByTestId('field-milliseconds')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByTestId('field-milliseconds')).toHaveValue('-5');
  await document.intact();

  await page.getByTestId('field-milliseconds').fill('1');
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'completed');
});

test('an empty text is refused by its name', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/tasks/new?skill=nlp.sentiment');
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'TASK-003');
});

const BROKEN = [
  { what: 'a table with ragged rows', skill: 'data_science.profile', name: 'ragged.csv', bytes: Buffer.from('a,b,c\n1,2,3\n4,5\n6,7,8,9\n') },
  { what: 'a table in the wrong encoding', skill: 'data_science.profile', name: 'latin.csv', bytes: Buffer.from([0x61, 0x2c, 0x62, 0x0a, 0xe9, 0xff, 0x2c, 0x31, 0x0a]) },
  { what: 'a text that is empty', skill: 'nlp.summarize', name: 'empty.txt', bytes: Buffer.from('   \n') },
  { what: 'a source that does not parse', skill: 'code_analysis.metrics', name: 'broken.py', bytes: Buffer.from('def (:\n  return ]]\n') },
];

for (const { what, skill, name, bytes } of BROKEN) {
  test(`${what} ends with a clear answer`, async ({ dashboard: page }) => {
    await open(page, `/tasks/new?skill=${skill}`);
    await page.getByTestId('field-artifact').setInputFiles({ name, mimeType: 'text/plain', buffer: bytes });
    await page.getByTestId('submit').click();
    await expect(page.getByTestId('state')).toHaveAttribute('data-state', /^(completed|failed)$/, { timeout: 30_000 });
    // Either the agent copes and says what it found, or it says why not.
    if ((await page.getByTestId('state').getAttribute('data-state')) === 'failed') {
      await expect(page.getByTestId('error')).toHaveAttribute('data-code', /^[A-Z]+-\d{3}$/);
    } else {
      await expect(page.getByTestId('result')).toContainText(/row|line|error|sentence/i);
    }
  });
}

test('a skill that nobody has is said to be missing', async ({ dashboard: page }) => {
  await open(page, '/tasks/new?skill=nlp.divine');
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'AGENT-002');
  await expect(page.getByTestId('skill').first()).toBeVisible();
});

test('an example fills the form in, and the command beside it follows what is typed', async ({ dashboard: page }) => {
  await open(page, '/tasks/new');
  await chooseSkill(page, 'nlp.sentiment');
  await page.getByTestId('example').first().click();
  await expect(page.getByTestId('field-text')).not.toHaveValue('');
  await fillIn(page, { skill: 'nlp.sentiment', fields: { text: 'What a fine day.' } });
  await expect(page.getByTestId('curl')).toContainText('"skill": "nlp.sentiment"');
  await expect(page.getByTestId('curl')).toContainText('What a fine day.');
});

test('the list shows what other clients submit, and each row changes in its place', async ({ dashboard: page, api }) => {
  await api.drain('diagnostics');
  try {
    await open(page, '/tasks');
    const document = await pin(page);
    const task = await api.submit('diagnostics.echo', { message: 'live' }, { title: 'Seen without a reload' });
    const line = row(page, task.id);
    await expect(line).toHaveAttribute('data-state', 'queued');
    await expect(line).toContainText('Seen without a reload');
    await line.evaluate((element) => element.setAttribute('data-marked', 'yes'));
    await api.resume('diagnostics');
    await expect(line).toHaveAttribute('data-state', 'completed');
    await expect(line, 'the row is still the same element').toHaveAttribute('data-marked', 'yes');
    await expect(line).toContainText('diagnostics');
    await document.intact();
  } finally {
    await api.resume('diagnostics');
  }
});

test('rows hold still under the pointer, and say how many wait', async ({ dashboard: page, api }) => {
  const before = await api.submit('diagnostics.echo', {}, { title: 'Already there' });
  await api.ended(before.id);
  await open(page, '/tasks');
  await row(page, before.id).hover();
  const task = await api.submit('diagnostics.echo', {}, { title: 'Came meanwhile' });
  await expect(page.getByTestId('new-rows')).toHaveText('1 new');
  await expect(row(page, task.id)).toHaveCount(0);
  await page.getByTestId('new-rows').click();
  await expect(row(page, task.id)).toHaveAttribute('data-state', 'completed');
  await expect(page.getByTestId('new-rows')).toBeHidden();
});

test('the filter narrows the list and lives in the address', async ({ dashboard: page, api }) => {
  const done = await api.submit('diagnostics.echo', {}, { title: 'Filter me in', priority: 2 });
  const failed = await api.submit('diagnostics.fail', { times: 9, retryable: false }, { title: 'Filter me out' });
  await Promise.all([api.ended(done.id), api.ended(failed.id)]);
  await open(page, '/tasks');
  const document = await pin(page);
  const filter = page.getByTestId('filter');
  await filter.getByLabel('State').selectOption('completed');
  await filter.getByLabel('Skill').selectOption('diagnostics.echo');
  await filter.getByLabel('Priority').selectOption('2');
  await filter.getByLabel('Text').fill('filter me');
  await filter.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/\/tasks\?.*state=completed/);
  await expect(page).toHaveURL(/q=filter(\+|%20)me/);
  await expect(page.getByTestId('task-row')).toHaveCount(1);
  await expect(row(page, done.id)).toBeVisible();

  await test.step('what does not fit the filter does not come in live', async () => {
    const [other, fits] = await Promise.all([
      api.submit('diagnostics.echo', {}, { title: 'Something else', priority: 2 }),
      api.submit('diagnostics.echo', {}, { title: 'Filter me too', priority: 2 }),
    ]);
    await expect(row(page, fits.id)).toHaveAttribute('data-state', 'completed');
    await expect(row(page, other.id)).toHaveCount(0);
  });

  await filter.getByLabel('Text').fill('there is no such task');
  await filter.getByRole('button', { name: 'Filter' }).click();
  await expect(page.getByTestId('empty')).toContainText('No task fits this filter.');
  await page.getByRole('link', { name: 'Show all tasks' }).click();
  await expect(row(page, failed.id)).toHaveAttribute('data-state', 'failed');
  await document.intact();
});

test('older tasks are a page away', async ({ dashboard: page, api }) => {
  const ids = await api.submitAll(Array.from({ length: 60 }, (_, index) => ({ skill: 'diagnostics.echo', input: { message: `${index}` }, title: `Page ${index}` })));
  await api.ended(ids.at(-1)!);
  await open(page, '/tasks?q=Page');
  await expect(page.getByTestId('task-row')).toHaveCount(50);
  await page.getByTestId('next-page').click();
  await expect(page).toHaveURL(/cursor=/);
  await expect(row(page, ids[0]!)).toBeVisible();
  await expect(page.getByTestId('task-row')).toHaveCount(10);
  await page.getByRole('link', { name: 'Newest' }).click();
  await expect(page.getByTestId('task-row')).toHaveCount(50);
});

test('a stored file comes back as it was sent', async ({ dashboard: page, api }) => {
  const id = await api.upload('tables/iris.csv');
  const response = await page.request.get(`/api/v1/artifacts/${id}/content`);
  expect(response.headers()['content-disposition']).toContain('attachment');
  const { readFile } = await import('node:fs/promises');
  expect(await response.body()).toEqual(await readFile(example('tables/iris.csv')));
});

test('an address without a task says so', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 404/);
  const response = await page.goto('/tasks/00000000-0000-7000-8000-000000000000');
  expect(response?.status()).toBe(404);
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'TASK-001');
});

test('a report shows what a task came to, and its page leads there', async ({ dashboard: page, api }) => {
  const said = await api.submit('diagnostics.echo', { message: 'we agreed' });
  await api.ended(said.id);
  const sections = [{ title: 'What was said', task: said.id, pointer: '/message' }];
  const report = await api.submit('documentation.report', { title: 'Minutes', sections, formats: ['markdown'] });
  await api.ended(report.id);
  await open(page, `/tasks/${report.id}`);
  const result = page.getByTestId('result');
  await expect(result).toContainText('we agreed');
  await result.getByRole('link', { name: /^task / }).click();
  await expect(page).toHaveURL(new RegExp(`/tasks/${said.id}$`));
  await expect(page.getByTestId('result')).toContainText('we agreed');
  // Whose work it is: the agent with its version.
  await expect(page.getByTestId('attempt')).toContainText(/diagnostics \d+\.\d+\.\d+/);
});
