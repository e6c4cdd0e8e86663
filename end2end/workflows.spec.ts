// Can people write a workflow, run it, watch its graph light up, and agree to what it asks for?
import { type Page, expect, open, pin, signIn, test } from './fixtures/test';

test.use({ serverOptions: { file: 'workflows' } });

const SLEEPS = `name: sleeps
version: 1
title: Sleeps and echoes
inputs:
  milliseconds: {type: integer, minimum: 0, maximum: 60000, default: 50, title: Milliseconds}
steps:
  rest:
    title: Rest a little
    uses: diagnostics.sleep
    with: {milliseconds: "\${{ inputs.milliseconds }}"}
  again:
    uses: diagnostics.sleep
    foreach: {items: "\${{ range(0, 3) }}", as: number, concurrency: 1}
    needs: [rest]
    with: {milliseconds: 20}
outputs:
  slept: \${{ steps.rest.output.slept_ms }}
`;

const ASKS = `name: asks
version: 1
title: Asks before it acts
steps:
  release:
    title: May it go out?
    approve: {expires: 1h, message: "Sleep 30 ms?"}
    uses: diagnostics.sleep
    with: {milliseconds: 30}
`;

/** Writes a document into the editor, as somebody who pastes it. */
async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel('Document').fill(text);
  await expect(page.getByTestId('check-status')).not.toHaveText('Checking…');
}

const node = (page: Page, id: string) => page.getByTestId('graph-node').and(page.locator(`[data-id="${id}"]`));
const step = (page: Page, id: string) => page.getByTestId('step-row').and(page.locator(`[data-id="${id}"]`));

test('the graph is drawn as the text is typed, and a problem leads to its line', async ({ dashboard: page }) => {
  await open(page, '/workflows/~new');
  const document = await pin(page);
  await expect(page.getByTestId('graph-node')).toHaveCount(2);
  await write(page, SLEEPS);
  await expect(node(page, 'rest')).toContainText('Rest a little');
  await expect(page.getByTestId('check-status')).toHaveAttribute('data-problems', '0');

  await write(page, SLEEPS.replace('diagnostics.sleep', 'diagnostics.slep'));
  const problem = page.getByTestId('workflow-problem').first();
  await expect(problem).toHaveAttribute('data-line', '9');
  await expect(page.getByTestId('store-workflow')).toBeDisabled();
  // Told by a word, not by colour alone.
  await expect(node(page, 'rest')).toContainText('1 problem');
  await problem.getByRole('button').press('Enter');
  await expect(page.getByLabel('Document')).toBeFocused();
  const selected = await page.getByLabel('Document').evaluate((area) => {
    const text = area as HTMLTextAreaElement;
    return text.value.slice(text.selectionStart, text.selectionEnd);
  });
  expect(selected).toContain('diagnostics.slep');

  await node(page, 'again').press('Enter');
  const line = await page.getByLabel('Document').evaluate((area) => {
    const text = area as HTMLTextAreaElement;
    return text.value.slice(0, text.selectionStart).split('\n').length;
  });
  expect(line).toBe(11);
  await document.intact();
});

test('a document that cannot be read says where, and keeps the last graph', async ({ dashboard: page }) => {
  await open(page, '/workflows/~new');
  await write(page, SLEEPS);
  await write(page, `${SLEEPS}\n  : [`);
  await expect(page.getByTestId('workflow-problem').first()).toHaveAttribute('data-code', 'WORKFLOW-001');
  await expect(page.getByText('The graph is of the text before')).toBeVisible();
  await expect(page.getByTestId('graph-node')).toHaveCount(2);
});

test('a workflow is stored, run from its form, and its run is seen live to its end', async ({ dashboard: page }) => {
  await open(page, '/workflows/~new');
  const document = await pin(page);
  await write(page, SLEEPS);
  await page.getByTestId('store-workflow').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sleeps and echoes');
  await expect(page.getByTestId('version-row')).toHaveCount(1);

  await page.getByLabel('Milliseconds').fill('4000');
  await page.getByTestId('start').click();
  await expect(page).toHaveURL(/\/runs\/[0-9a-f-]{36}$/);
  await expect(node(page, 'rest')).toHaveAttribute('data-state', 'running');
  await expect(step(page, 'again')).toContainText('rest');
  await expect(page.getByTestId('run-state')).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
  await expect(node(page, 'again')).toContainText('completed, 3');
  await expect(page.getByTestId('run-outputs')).toContainText('slept');

  await step(page, 'again').getByRole('link').first().click();
  await expect(page.getByTestId('item-row')).toHaveCount(3);
  await expect(page.getByTestId('item-row').first().getByRole('link', { name: 'task' })).toHaveAttribute('href', /\/tasks\//);
  await expect(node(page, 'again')).toHaveAttribute('aria-current', 'true');
  await document.intact();

  await test.step('and the server draws the same page by itself', async () => {
    await page.reload();
    await expect(page.getByTestId('run-state')).toHaveAttribute('data-state', 'completed');
    await expect(page.getByTestId('item-row')).toHaveCount(3);
  });

  await test.step('and its tasks are a list that leads back', async () => {
    const run = new URL(page.url()).pathname;
    await page.getByTestId('run-tasks').click();
    await expect(page.getByTestId('task-row')).toHaveCount(4);
    await expect(page.getByTestId('list-of').getByRole('link')).toHaveAttribute('href', run);
    await page.getByTestId('task-row').first().getByRole('link').first().click();
    await expect(page.getByRole('link', { name: 'the run' })).toHaveAttribute('href', run);
  });
});

test('an input that does not fit is told at its field', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await stored(page, SLEEPS.replace('name: sleeps', 'name: strict'));
  await page.getByLabel('Milliseconds').evaluate((field) => ((field as HTMLInputElement).form!.noValidate = true));
  await page.getByLabel('Milliseconds').evaluate((field) => (field.setAttribute('type', 'text'), ((field as HTMLInputElement).value = 'much')));
  await page.getByTestId('start').click();
  await expect(page.getByTestId('start-run').getByRole('alert').first()).toBeVisible();
});

test('a run is paused, resumed and cancelled from its page', async ({ dashboard: page }) => {
  await stored(page, SLEEPS.replace('name: sleeps', 'name: long'));
  await page.getByLabel('Milliseconds').fill('60000');
  await page.getByTestId('start').click();
  const state = page.getByTestId('run-state');
  await expect(state).toHaveAttribute('data-state', 'running');
  await page.getByTestId('pause-run').click();
  await expect(state).toHaveAttribute('data-state', 'paused');
  await page.getByTestId('resume-run').click();
  await expect(state).toHaveAttribute('data-state', 'running');
  await page.getByTestId('cancel-run').click();
  await expect(state).toHaveAttribute('data-state', 'canceled', { timeout: 20_000 });
});

test('exactly what is asked is approved, by somebody else than who asked', async ({ dashboard: page, api, server, browser }) => {
  await stored(page, ASKS);
  await page.getByTestId('start').click();
  await expect(page.getByTestId('run-state')).toContainText('waits for approval');
  await node(page, 'release').click();
  await page.getByTestId('step-approval').click();
  await expect(page.getByTestId('approval-subject')).toContainText('diagnostics.sleep');
  await expect(page.getByTestId('approval-subject')).toContainText('30');
  // Who asked for the run may not agree to it.
  await expect(page.getByTestId('approval-why-not')).toContainText('Whoever asked for the run');
  const address = page.url();

  const other = { email: 'approver@example.test', password: 'another long password 17' };
  await api.createUser(other.email, other.password, 'operator');
  const context = await browser.newContext({ baseURL: server.url });
  await signIn(context, server, other);
  const theirs = await context.newPage();
  await open(theirs, '/approvals');
  await theirs.getByTestId('approval-row').getByRole('link').first().click();
  await theirs.getByLabel('Comment').fill('Looks right');
  await theirs.getByTestId('approve').click();
  await expect(theirs.getByTestId('approval-state')).toHaveAttribute('data-state', 'approved');
  await context.close();

  // The first page hears of it without a reload.
  await expect(page.getByTestId('approval-state')).toHaveAttribute('data-state', 'approved');
  await expect(page).toHaveURL(address);
  await expect(page.getByText('Looks right')).toBeVisible();
});

test('a run is forked at a step and compared with the one that it comes from', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await stored(page, SLEEPS.replace('name: sleeps', 'name: forked'));
  await page.getByTestId('start').click();
  await expect(page.getByTestId('run-state')).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
  const source = new URL(page.url()).pathname;
  await step(page, 'again').getByRole('link').first().click();
  await page.getByTestId('fork-step').click();

  const given = page.getByTestId('input').getByLabel('What it is given');
  await expect(given).toHaveValue(/"milliseconds": 20/);
  // A list has as many inputs as the step has items.
  await given.fill('[{"milliseconds": 30}]');
  await page.getByTestId('fork-input').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'WORKFLOW-047');
  await given.fill('[{"milliseconds": 20}, {"milliseconds": 20}, {"milliseconds": 30}]');
  await page.getByTestId('input').getByLabel('Title').fill('Sleeps longer');
  await page.getByTestId('fork-input').click();

  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sleeps longer');
  await expect(page.getByTestId('run-state')).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
  await expect(page.getByTestId('run-changes')).toContainText('again');
  await expect(step(page, 'rest')).toContainText('kept from the run that was forked');
  await expect(page.getByTestId('forked-from')).toHaveAttribute('href', `${source}?step=again`);
  await page.getByTestId('compare').click();
  await expect(page.getByTestId('diverges-at')).toHaveText('again[2]');
  await expect(page.getByTestId('place').first()).toContainText('20');
  await expect(page.getByTestId('place').first()).toContainText('30');
});

test('a workflow that is taken out of use keeps its versions and begins no run any more', async ({ dashboard: page, api }) => {
  await stored(page, SLEEPS.replace('name: sleeps', 'name: retired'));
  await page.getByTestId('retire-workflow').click();
  await expect(page).toHaveURL(/\/workflows$/);
  await expect(api.startRun('retired', {})).rejects.toThrow('WORKFLOW-040');
  await open(page, '/workflows/retired');
  await expect(page.getByText('Out of use', { exact: true })).toBeVisible();
  await expect(page.getByTestId('version-row')).toHaveCount(1);
  await expect(page.getByTestId('retire-workflow')).toBeHidden();
});

/** Stores a workflow and stays on its page. */
async function stored(page: Page, text: string): Promise<void> {
  await open(page, '/workflows/~new');
  await write(page, text);
  await page.getByTestId('store-workflow').click();
  await expect(page.getByTestId('version-row').first()).toBeVisible();
}
