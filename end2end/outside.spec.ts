// Can an administrator connect Baton to outside APIs and language models, and is no secret ever shown again?
import { SlowModel } from './fixtures/model';
import { expect, open, pin, test } from './fixtures/test';

test.use({ serverOptions: { file: 'outside' } });

test('a connection is added, changed and removed, and its secret never comes back', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/connections');
  await expect(page.getByText('There is no connection.')).toBeVisible();
  const document = await pin(page);
  const form = page.locator('form', { has: page.getByTestId('add-connection') });
  await form.getByLabel('Name', { exact: true }).fill('weather');
  await form.getByLabel('Address', { exact: true }).fill('http://10.0.0.7/v1');
  await form.getByLabel('Secret', { exact: true }).fill('a-very-secret-key');
  await form.getByLabel('Skills that may use it').fill('web_automation.api_call');
  await form.getByTestId('add-connection').click();
  await expect(page.getByRole('alert')).toContainText('CONNECTION-003');
  await form.getByLabel('Address', { exact: true }).fill('https://api.example.com/v1');
  await form.getByTestId('add-connection').click();
  const row = page.getByTestId('connection-row');
  await expect(row).toHaveCount(1);
  await expect(row).toContainText('bearer token, secret stored');
  expect(await page.content()).not.toContain('a-very-secret-key');

  await page.getByTestId('change-connection').locator('summary').click();
  const change = page.getByTestId('change-connection');
  await expect(change.getByLabel('Secret', { exact: true })).toHaveValue('');
  await change.getByLabel('Address', { exact: true }).fill('https://elsewhere.example.com/v1');
  await change.getByTestId('save-connection').click();
  await expect(page.getByRole('alert')).toContainText('CONNECTION-003');
  await change.getByLabel('Address', { exact: true }).fill('https://api.example.com/v2');
  await change.getByTestId('save-connection').click();
  await expect(row).toContainText('https://api.example.com/v2');
  await row.getByTestId('remove-connection').click();
  await expect(row).toHaveCount(0);
  await document.intact();
});

test('where agents may reach out to is narrowed, and not loosened', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/connections');
  const shown = page.getByTestId('egress');
  await expect(shown).toContainText('all public hosts');
  const form = page.locator('form', { has: page.getByTestId('set-egress') });
  await form.getByLabel('Not these hosts').fill('http://old.example.org');
  await form.getByTestId('set-egress').click();
  await expect(page.getByRole('alert')).toContainText('REQUEST-002');
  await form.getByLabel('Not these hosts').fill('old.example.org\n*.Example.NET');
  await form.getByLabel('Redirects').fill('3');
  await form.getByTestId('set-egress').click();
  await expect(shown).toContainText('old.example.org, *.example.net');
  await form.getByLabel('Redirects').fill('20');
  await form.getByTestId('set-egress').click();
  await expect(page.getByRole('alert')).toContainText('REQUEST-002');
  await form.getByLabel('Not these hosts').fill('');
  await form.getByLabel('Redirects').fill('');
  await form.getByTestId('set-egress').click();
  await expect(shown).not.toContainText('old.example.org');
});

test('a model comes from a preset, is tested and removed, and the budget of the month is set', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/models');
  const local = page.locator('[data-testid="model-row"][data-name="local"]');
  await expect(local).toHaveCount(1);
  const add = page.locator('form', { has: page.getByTestId('add-model') });
  await expect(add.getByLabel('Address', { exact: true })).toHaveValue('https://genailab.tcs.in/v1');
  await page.getByTestId('model-preset').selectOption('llama_cpp');
  await expect(add.getByLabel('Address', { exact: true })).toHaveValue('http://127.0.0.1:8080/v1');
  await add.getByLabel('Name here').fill('local');
  await add.getByTestId('add-model').click();
  await expect(page.getByRole('alert')).toContainText('MODEL-009');
  await page.getByTestId('model-preset').selectOption('llama_cpp');
  await add.getByLabel('Name here').fill('nearby');
  // Nobody listens there.
  await add.getByLabel('Address', { exact: true }).fill('http://127.0.0.1:9/v1');
  await add.getByTestId('add-model').click();
  const row = page.locator('[data-testid="model-row"][data-name="nearby"]');
  await expect(row).toHaveCount(1);
  await row.getByTestId('test-model').click();
  const found = page.getByTestId('model-test');
  await expect(found).toHaveAttribute('data-ok', 'false');
  await expect(found).toContainText('cannot be reached');
  await row.getByTestId('remove-model').click();
  await expect(row).toHaveCount(0);

  const budget = page.locator('form', { has: page.getByTestId('set-model-budget') });
  await budget.getByLabel('At most so many tokens').fill('0');
  await budget.getByTestId('set-model-budget').click();
  await expect(page.getByRole('alert')).toContainText('REQUEST-002');
  await budget.getByLabel('At most so many tokens').fill('2000000');
  await budget.getByTestId('set-model-budget').click();
  await expect(page.getByTestId('model-budget')).toContainText('of 2,000,000');
});

test('a result is drawn by its schema', async ({ dashboard: page, api }) => {
  const task = await api.submit('nlp.analyze', { text: 'Write to ada@example.com by 3 May 2026. It costs 12.50 EUR.' });
  await api.ended(task.id);
  await open(page, `/tasks/${task.id}`);
  const result = page.getByTestId('result');
  await expect(result).toHaveAttribute('data-kind', 'structured');
  await expect(result).toContainText('ada@example.com');
  await expect(result.getByTestId('part').first()).toBeVisible();
});

test('what a model writes is seen while it writes it', async ({ dashboard: page, api }) => {
  const model = await SlowModel.start();
  try {
    await api.post('/models', { name: 'slow', settings: { base_url: model.url, model: 'm', tier: 'large', private: true } });
    const task = await api.submit('prompt.answer', { instructions: 'Tell a story.', input: 'The sea.', model: 'slow' });
    await open(page, `/tasks/${task.id}`);
    const document = await pin(page);
    const progress = page.getByTestId('progress');
    await expect(async () => {
      // What was written before the page listened comes with the next piece.
      await model.write('Once upon ');
      await expect(progress).toContainText('Once upon', { timeout: 1_000 });
    }).toPass();
    await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'running');
    await model.write('a time.');
    await expect(progress).toContainText('a time.');
    await expect(page.getByText('The result appears here as soon as there is one.')).toBeVisible();
    await expect(page.getByTestId('model-calls'), 'a call that goes on is none yet').toHaveCount(0);
    await model.end({ prompt_tokens: 1_200, completion_tokens: 34 });
    await expect(page.getByTestId('result')).toContainText('a time.');
    await expect(progress).toBeHidden();

    // What it was asked and what that took stands there without a reload.
    const calls = page.getByTestId('model-calls');
    await expect(calls.getByRole('heading', { name: 'Model calls' })).toBeVisible();
    const call = calls.getByTestId('model-call');
    await expect(call).toHaveCount(1);
    await expect(call.locator('summary')).toContainText(/slow\s*·\s*1,234 tokens in [\d,]+ ms/);
    await expect(call.locator('pre').first()).toBeHidden();
    await call.locator('summary').click();
    await expect(call.locator('pre').first()).toContainText('The sea.');
    await expect(call.locator('pre').last()).toContainText('a time.');
    await document.intact();
  } finally {
    model.stop();
  }
});
