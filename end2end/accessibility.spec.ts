// Can everybody use every page? axe looks at each, dark and light, wide and on a phone, empty and full; and while it is
// there, a picture of each is taken for people to look at, into test-results/review.
import AxeBuilder from '@axe-core/playwright';

import { Api } from './fixtures/api';
import { OUTSIDE_PAGES, PLAIN_PAGES, type PageToSee, fill, fillShared } from './fixtures/pages';
import { photograph } from './fixtures/review';
import { type Page, expect, open, signIn, test } from './fixtures/test';

test.use({ serverOptions: { file: 'accessibility' } });
// Many pages in many looks: a test goes through all of them, and the machine may be busy.
test.describe.configure({ timeout: 600_000 });

const WIDE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

/** All rules twice, so that each theme and each width has them; what else a theme changes is contrast. */
const LOOKS = [
  { width: 'wide', size: WIDE, theme: 'light' },
  { width: 'wide', size: WIDE, theme: 'dark', rules: ['color-contrast'] },
  { width: 'phone', size: PHONE, theme: 'dark' },
];

/** Looks at the page that is open; gives what is wrong, with its place. */
async function look(page: Page, name: string): Promise<string[]> {
  const found: string[] = [];
  for (const { width, size, theme, rules } of LOOKS) {
    await page.setViewportSize(size);
    await page.locator('html').evaluate((root, theme) => root.setAttribute('data-theme', theme), theme);
    // A change of colour takes a moment, also where motion is not wanted.
    await expect.poll(() => page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length)).toBe(0);
    // Without frames in the page there is nothing for which axe would need a page of its own.
    const axe = new AxeBuilder({ page }).setLegacyMode(true);
    const { violations } = await (rules ? axe.withRules(rules) : axe).analyze();
    for (const { id, nodes } of violations) {
      for (const node of nodes) found.push(`${name}, ${width}, ${theme}: ${id} at ${node.target.join(' ')}: ${node.failureSummary}`);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (overflow > 0) found.push(`${name}, ${width}: the page itself scrolls sideways by ${overflow} px`);
    await photograph(page, `${name}-${width}-${theme}`);
  }
  return found;
}

async function lookAtAll(page: Page, origin: string, pages: PageToSee[], kind?: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, path } of pages) {
    await test.step(name, async () => {
      await page.setViewportSize(WIDE);
      await page.goto(`${origin}${path}`, { waitUntil: 'load' });
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      const live = page.getByTestId('connection');
      if ((await live.count()) > 0) await expect(live).toHaveText('live');
      for (const chart of await page.getByTestId('chart').all()) await expect(chart.locator('canvas').first()).toBeVisible();
      // What is folded is looked at too.
      await page.evaluate(() => document.querySelectorAll('details').forEach((fold) => (fold.open = true)));
      found.push(...(await look(page, kind === undefined ? name : `${kind}-${name}`)));
    });
  }
  return found;
}

test('an empty installation has no barrier on any page', async ({ context, page, startServer }) => {
  const server = await startServer();
  await signIn(context, server);
  expect(await lookAtAll(page, server.url, PLAIN_PAGES, 'empty')).toEqual([]);
});

test('a first run has none', async ({ page, startServer }) => {
  const server = await startServer({ firstRun: true });
  expect(await lookAtAll(page, server.url, [{ name: 'first-run', path: '/first-run' }])).toEqual([]);
});

test('signing in has none, nor has being refused', async ({ page, server, watch }) => {
  watch.allow(/status of 401/);
  expect(await lookAtAll(page, server.url, OUTSIDE_PAGES)).toEqual([]);
  await page.getByLabel('Email').fill('nobody@example.test');
  await page.getByLabel('Password').fill('not the password');
  await page.getByTestId('sign-in').click();
  await expect(page.getByTestId('error')).toBeVisible();
  expect(await look(page, 'refused')).toEqual([]);
});

test('pages that are full of work have none', async ({ dashboard: page, server, watch }) => {
  watch.allow(/status of 404/);
  const api = await Api.asAdmin(server);
  const pages = [...PLAIN_PAGES.filter(({ path }) => !path.startsWith('/tasks/new')), ...(await fill(api))];
  expect(await lookAtAll(page, server.url, pages, 'full')).toEqual([]);
});

test('pages of what is shared, traded and compared have none', async ({ dashboard: page, server }) => {
  const api = await Api.asAdmin(server);
  expect(await lookAtAll(page, server.url, await fillShared(api), 'shared')).toEqual([]);
});

test('a form with a wrong field has none', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/tasks/new?skill=diagnostics.sleep');
  await page.getByTestId('new-task').evaluate((form) => ((form as HTMLFormElement).noValidate = true));
  await page.getByTestId('field-milliseconds').fill('-1');
  await page.getByText('Title and priority').click();
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('error')).toBeVisible();
  expect(await look(page, 'wrong-field')).toEqual([]);
});

test('every page can be walked through by keyboard, from the skip link on', async ({ dashboard: page }) => {
  await open(page, '/tasks');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the page' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#content')).toBeFocused();
});

/** What Swagger UI's own markup and colours get wrong. */
const READER_DOES = ['color-contrast', 'heading-order', 'landmark-main-is-top-level', 'landmark-no-duplicate-main', 'nested-interactive', 'region'];

test('the reader of the API has none that is ours', async ({ page }) => {
  await page.goto('/api/docs');
  await expect(page.getByText('/api/v1/tasks', { exact: true }).first()).toBeVisible({ timeout: 20_000 });
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.length} times, as at ${nodes[0]?.target.join(' ')}`);
  expect(found.filter((violation) => !READER_DOES.some((rule) => violation.startsWith(`${rule}:`)))).toEqual([]);
});

test('what is opened or comes with a result is usable too: an explained failure, and a result in Markdown', async ({ dashboard: page, api, server }) => {
  const failed = await api.submit('diagnostics.fail', { times: 1, retryable: false });
  await api.ended(failed.id);
  await open(page, `/tasks/${failed.id}`);
  await page.getByTestId('explain').click();
  await expect(page.getByTestId('why').getByText('Likely cause')).toBeVisible({ timeout: 30_000 });
  const found = await look(page, 'explained-failure');

  const log = 'a1b2c3d (tag: v1.3.0) feat(search)!: rank by freshness (#41)\nb2c3d4e fix: keep the **cursor** after paging (#39)';
  const written = await api.submit('documentation.changelog', { log });
  await api.ended(written.id);
  await page.goto(`${server.url}/tasks/${written.id}`);
  const prose = page.getByTestId('markdown').first();
  await expect(prose.getByRole('heading').first()).toBeVisible();
  await expect(prose.getByRole('listitem').first()).toContainText('Rank by freshness');
  await expect(prose).not.toContainText('##');
  found.push(...(await look(page, 'markdown')));
  expect(found).toEqual([]);
});
