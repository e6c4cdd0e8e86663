// What does it look like? Pictures of every page for people to look at, and the one that the README shows.
//
// They land in test-results/review. With BATON_README_SCREENSHOT=1 the mixed work goes on for some minutes, so that the
// charts have something to show, and the picture goes to docs/images/overview.png.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { repository } from './fixtures/examples';
import { OUTSIDE_PAGES, PLAIN_PAGES, type PageToSee, fill } from './fixtures/pages';
import { type Api, type Page, expect, open, signIn, test } from './fixtures/test';

test.use({ serverOptions: { file: 'screenshots' } });

const REVIEW = path.join(repository, 'end2end/test-results/review');
const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

const forReadme = process.env.BATON_README_SCREENSHOT === '1';
/** How long the mixed work goes on, and how many tasks a second. */
const WORK_SECONDS = forReadme ? 420 : 12;
const TASKS_A_SECOND = 3;

test('the overview in the middle of mixed work', async ({ dashboard: page, server, api }) => {
  test.setTimeout(WORK_SECONDS * 1_000 + 120_000);
  await page.setViewportSize(SIZES.wide);
  await page.context().addCookies([{ name: 'baton_theme', value: 'dark', url: server.url }]);
  await open(page, '/');
  await work(api);
  for (const chart of ['chart-throughput', 'chart-latency']) await expect(page.getByTestId(chart).locator('canvas')).toBeVisible();
  await expect(page.getByTestId('stat-throughput').getByTestId('value')).not.toHaveText('0');
  const folder = forReadme ? path.join(repository, 'docs/images') : REVIEW;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, 'overview.png'), animations: 'disabled' });
});

test('every page of an empty installation', async ({ context, page, startServer }) => {
  const server = await startServer();
  await signIn(context, server);
  await photograph(page, server.url, 'empty', PLAIN_PAGES);
});

test('every page that is full of work', async ({ dashboard: page, server, api, watch }) => {
  test.setTimeout(120_000);
  watch.allow(/status of 404/);
  await api.submitDemo(20);
  const pages = [...PLAIN_PAGES.filter(({ path }) => !path.startsWith('/tasks/new')), ...(await fill(api))];
  await photograph(page, server.url, 'full', pages);
});

test('the pages outside', async ({ page, server, startServer }) => {
  await photograph(page, server.url, 'outside', OUTSIDE_PAGES);
  const fresh = await startServer({ firstRun: true });
  await photograph(page, fresh.url, 'outside', [{ name: 'first-run', path: '/first-run' }]);
});

async function photograph(page: Page, origin: string, kind: string, pages: PageToSee[]): Promise<void> {
  for (const { name, path: address } of pages) {
    await page.setViewportSize(SIZES.wide);
    await page.goto(`${origin}${address}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const live = page.getByTestId('connection');
    if ((await live.count()) > 0) await expect(live).toHaveText('live');
    for (const [width, size] of Object.entries(SIZES)) {
      await page.setViewportSize(size);
      for (const theme of ['light', 'dark']) {
        await page.locator('html').evaluate((root, theme) => root.setAttribute('data-theme', theme), theme);
        for (const chart of await page.getByTestId('chart').all()) await expect(chart.locator('canvas')).toBeVisible();
        await page.screenshot({ path: path.join(REVIEW, `${kind}-${name}-${width}-${theme}.png`), fullPage: true, animations: 'disabled' });
      }
    }
  }
}

/** Submits real work on the shipped files a bit at a time, while the page looks on. */
async function work(api: Api): Promise<void> {
  const until = Date.now() + WORK_SECONDS * 1_000;
  for (let sent = 0; Date.now() < until; sent += TASKS_A_SECOND) {
    const paced = new Promise((resolve) => setTimeout(resolve, 1_000));
    const [first] = await api.submitDemo(TASKS_A_SECOND, sent);
    await Promise.all([api.ended(first!), paced]);
  }
}
