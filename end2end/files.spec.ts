// Can a person give the form files that stand in lists, with scripts and without?
import { readFileSync } from 'node:fs';

import { example } from './fixtures/examples';
import { chooseSkill } from './fixtures/form';
import { ADMIN, type Api, type Page, expect, open, taskId, test } from './fixtures/test';

test.use({ serverOptions: { file: 'files' } });

const SQL = 'SELECT (SELECT count(*) FROM birds) AS birds, (SELECT count(*) FROM flowers) AS flowers';

/** A file that is made here. */
function text(name: string, content: string) {
  return { name, mimeType: 'text/plain', buffer: Buffer.from(content) };
}

const SAME = 'The parcel arrived two days late and the box was damaged, and nobody at the shop would say why.';
const LETTERS = [
  text('one.txt', SAME),
  text('two.txt', `${SAME}!`),
  text('three.txt', 'A quite different remark about the weather in spring, which was mild and dry that year.'),
];

/** Says which tables are asked: the first row is open, the second unfolds below it. */
async function fillTables(page: Page): Promise<void> {
  await page.getByTestId('field-tables/0/name').fill('birds');
  await page.getByTestId('field-tables/0/artifact').setInputFiles(example('tables/penguins.csv'));
  await expect(page.getByTestId('field-tables/1/name')).toBeHidden();
  await page.getByTestId('row-tables/1').locator('> summary').click();
  await page.getByTestId('field-tables/1/name').fill('flowers');
  await page.getByTestId('field-tables/1/artifact').setInputFiles(example('tables/iris.csv'));
  await page.getByTestId('field-sql').fill(SQL);
}

async function submitted(page: Page): Promise<void> {
  await page.getByTestId('submit').click();
  await expect(page).toHaveURL(/\/tasks\/[0-9a-f-]{36}$/);
}

/** The second letter repeats the first, and the third does not. */
async function repeats(page: Page, api: Api): Promise<void> {
  await expect(page.getByTestId('result')).toContainText('Texts that repeat another');
  const { result } = await api.ended(taskId(page));
  const { groups } = result as { groups: { texts: { name: string }[] }[] };
  expect(groups.map(({ texts }) => texts.map(({ name }) => name).sort())).toEqual([['one.txt', 'two.txt']]);
}

async function completed(page: Page): Promise<void> {
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
}

test('two tables are asked at once', async ({ dashboard: page, api }) => {
  await open(page, '/tasks/new');
  await chooseSkill(page, 'data_science.query');
  await fillTables(page);
  const curl = page.getByTestId('curl');
  await expect(curl).toContainText('"artifact": "<id of penguins.csv>"');
  await expect(curl).toContainText('"name": "flowers"');
  await submitted(page);
  await completed(page);
  await expect(page.getByTestId('result')).toContainText('344');
  await expect(page.getByTestId('result')).toContainText('150');
  const task = (await api.ended(taskId(page))) as unknown as { input: { tables: { name: string }[] } };
  expect(task.input.tables.map(({ name }) => name), 'rows that were left empty are no tables').toEqual(['birds', 'flowers']);
});

test('a row that lacks its file says so and opens, and nothing typed is lost', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/tasks/new');
  await chooseSkill(page, 'data_science.query');
  await fillTables(page);
  await page.getByTestId('field-tables/1/artifact').setInputFiles([]);
  await page.getByTestId('row-tables/1').locator('> summary').click();
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('error')).toContainText('/input/tables/1/artifact');
  await expect(page.getByTestId('field-tables/1/artifact')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByTestId('field-tables/1/name')).toBeVisible();
  await expect(page.getByTestId('field-tables/1/name')).toHaveValue('flowers');
  await page.getByTestId('field-tables/1/artifact').setInputFiles(example('tables/iris.csv'));
  await submitted(page);
  await completed(page);
});

test('a lock file is held against a folder of advisories', async ({ dashboard: page }) => {
  await open(page, '/tasks/new');
  await chooseSkill(page, 'code_analysis.dependencies');
  // A folder, as it lies on a disk: one file for each advisory.
  const advisories = JSON.parse(readFileSync(example('locks/advisories.json'), 'utf8')) as { id: string }[];
  const folder = advisories.map((advisory) => text(`${advisory.id}.json`, JSON.stringify(advisory)));
  await page.getByTestId('field-artifact').setInputFiles(example('locks/package-lock.json'));
  await page.getByTestId('field-advisories').setInputFiles(folder);
  await submitted(page);
  await completed(page);
  await expect(page.getByTestId('result')).toContainText('lodash');
});

test('a report takes a table and a picture as files of its sections', async ({ dashboard: page, api }) => {
  await open(page, '/tasks/new');
  await chooseSkill(page, 'documentation.report');
  await page.getByTestId('field-title').fill('Penguins at a glance');
  await page.getByTestId('field-sections/0/title').fill('The table');
  await page.getByTestId('field-sections/0/table_artifact').setInputFiles(example('tables/penguins.csv'));
  await page.getByTestId('field-sections/0/columns').fill('species\nisland');
  await page.getByTestId('row-sections/1').locator('> summary').click();
  await page.getByTestId('field-sections/1/title').fill('The picture');
  const dot = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><circle cx="4" cy="4" r="3"/></svg>';
  await page.getByTestId('field-sections/1/image').setInputFiles({ name: 'dot.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(dot) });
  await page.getByTestId('field-sections/1/caption').fill('A penguin from afar');
  await page.getByTestId('field-formats').fill('["markdown", "html"]');
  await submitted(page);
  await completed(page);
  await expect(page.getByTestId('result')).toContainText('Adelie');

  const task = (await api.ended(taskId(page))) as unknown as {
    input: { sections: Record<string, unknown>[] };
    result: { markdown: string; sections: number; tables: number; pictures: string[] };
  };
  const [table, picture] = task.input.sections;
  expect(task.input.sections, 'sections that were left empty are none').toHaveLength(2);
  expect(Object.keys(table!).sort(), 'nor are fields').toEqual(['columns', 'table_artifact', 'title']);
  expect(Object.keys(picture!).sort()).toEqual(['caption', 'image', 'title']);
  expect([task.result.sections, task.result.tables, task.result.pictures.length]).toEqual([2, 1, 1]);
  expect(task.result.markdown).toContain('| species | island |');
  expect(task.result.markdown).toContain('![A penguin from afar](dot.svg)');
});

test('a review takes several files with their places in a tree', async ({ dashboard: page, api }) => {
  await open(page, '/tasks/new');
  await chooseSkill(page, 'code_analysis.best_practices');
  // Both have the same name: it is their places that tell them apart, and the lines that say which is which.
  await page
    .getByTestId('field-artifacts')
    .setInputFiles([
      text('cart.py', 'def add(item, items=[]):\n    return [*items, item]\n'),
      text('cart.py', 'LIMIT = 3\n\n\ndef bill(lines=[]):\n    return lines[:LIMIT]\n'),
    ]);
  await page.getByTestId('field-paths').fill('src/shop/cart.py\nsrc/billing/cart.py');
  await submitted(page);
  await completed(page);
  const found = page.getByTestId('result').getByTestId('finding');
  await expect(found.filter({ hasText: 'src/shop/cart.py:1' })).toHaveCount(1);
  await expect(found.filter({ hasText: 'src/billing/cart.py:4' })).toHaveCount(1);
  const { result } = await api.ended(taskId(page));
  const { findings, summary } = result as { findings: { file: string; line: number; rule: string }[]; summary: { files: number } };
  expect(summary.files).toBe(2);
  const shared = findings.filter(({ rule }) => rule === 'py-mutable-default').map(({ file, line }) => `${file}:${line}`);
  expect(shared.sort()).toEqual(['src/billing/cart.py:4', 'src/shop/cart.py:1']);
});

test('stored files are taken by their ids', async ({ dashboard: page, api }) => {
  await open(page, '/tasks/new');
  await chooseSkill(page, 'nlp.near_duplicates');
  await page.getByTestId('field-artifacts').setInputFiles(LETTERS);
  await submitted(page);
  await completed(page);

  await open(page, '/tasks/new');
  await chooseSkill(page, 'nlp.near_duplicates');
  const stored = page.getByTestId('stored-files').getByTestId('artifact');
  const id = async (name: string) => stored.filter({ hasText: name }).first().getByTestId('artifact-id').innerText();
  const ids = [await id('one.txt'), await id('two.txt')];
  const typed = page.getByTestId('field-artifacts-id');
  await expect(typed).toBeHidden();
  await page.getByText('Use files that are stored already').click();
  await typed.fill(ids.join('\n'));
  await page.getByTestId('field-artifacts').setInputFiles(LETTERS.slice(2));
  await submitted(page);
  await completed(page);
  for (const one of ids) await expect(page.getByTestId('input')).toContainText(one);
  await repeats(page, api);
});

test.describe('with JavaScript off', () => {
  test.use({ javaScriptEnabled: false });

  // Nothing fetches the program that the page announces.
  test.beforeEach(({ watch }) => watch.allow(/preload/));

  async function reloadUntilCompleted(page: Page): Promise<void> {
    await expect(async () => {
      await page.reload();
      await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'completed', { timeout: 1 });
    }).toPass({ timeout: 30_000 });
  }

  async function signInByForm(page: Page): Promise<void> {
    await page.goto('/sign-in');
    await page.getByLabel('Email').fill(ADMIN.email);
    await page.getByLabel('Password').fill(ADMIN.password);
    await page.getByTestId('sign-in').click();
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  }

  test('two tables are asked, and what a row lacks is said', async ({ page }) => {
    await signInByForm(page);
    await page.goto('/tasks/new?skill=data_science.query');
    await fillTables(page);
    await page.getByTestId('field-tables/1/name').fill('');
    await page.getByTestId('submit').click();
    await expect(page.getByTestId('error')).toContainText('/input/tables/1/name');
    await expect(page.getByTestId('field-tables/1/name'), 'its row is open').toBeVisible();

    await page.goto('/tasks/new?skill=data_science.query');
    await fillTables(page);
    await submitted(page);
    await reloadUntilCompleted(page);
    await expect(page.getByTestId('result')).toContainText('344');
  });

  test('several files are compared', async ({ page, api }) => {
    await signInByForm(page);
    await page.goto('/tasks/new?skill=nlp.near_duplicates');
    await page.getByTestId('field-artifacts').setInputFiles(LETTERS);
    await submitted(page);
    await reloadUntilCompleted(page);
    await repeats(page, api);
  });
});
