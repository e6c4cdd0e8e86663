// What does the README show? The overview in the middle of mixed work on the shipped examples.
//
// The picture lands in test-results/review, beside those that accessibility.spec.ts takes of every page. With
// BATON_README_SCREENSHOT=1 the work goes on for some minutes, so that the charts have more to show, and the picture goes to
// docs/images/overview.png.
import path from 'node:path';

import { Api } from './fixtures/api';
import { repository } from './fixtures/examples';
import { REVIEW } from './fixtures/review';
import { expect, open, signIn, test } from './fixtures/test';

test.use({ serverOptions: { file: 'screenshots' }, viewport: { width: 1440, height: 900 } });

const forReadme = process.env.BATON_README_SCREENSHOT === '1';
const WORK_SECONDS = forReadme ? 900 : 6;
const LEAST_TASKS_A_SECOND = 2;
const MOST_TASKS_A_SECOND = 6;

test('the overview in the middle of mixed work', async ({ context, page, startServer }) => {
  test.setTimeout(WORK_SECONDS * 1_000 + 60_000);
  // As an installation is: without the agent that only tries things out.
  const server = await startServer({ diagnostics: false });
  const api = await Api.asAdmin(server);
  await signIn(context, server);
  await context.addCookies([{ name: 'baton_theme', value: 'dark', url: server.url }]);
  await open(page, server.url);

  await work(api);
  for (const chart of ['chart-throughput', 'chart-latency']) await expect(page.getByTestId(chart).locator('canvas')).toBeVisible();
  await expect(page.getByTestId('stat-throughput').getByTestId('value')).not.toHaveText('0');
  await expect(page.getByTestId('stat-success').getByTestId('value')).toHaveText('100 %');
  await page.screenshot({ path: path.join(forReadme ? path.join(repository, 'docs/images') : REVIEW, 'overview.png'), animations: 'disabled' });
});

/** Submits real work a bit at a time, now more and now less, while the page looks on. */
async function work(api: Api): Promise<void> {
  const until = Date.now() + WORK_SECONDS * 1_000;
  for (let second = 0, sent = 0; Date.now() < until; second++) {
    const paced = new Promise((resolve) => setTimeout(resolve, 1_000));
    const swell = (1 + Math.sin(second / 45)) / 2;
    const count = Math.round(LEAST_TASKS_A_SECOND + swell * (MOST_TASKS_A_SECOND - LEAST_TASKS_A_SECOND));
    await api.submitDemo(count, sent);
    sent += count;
    await paced;
  }
}
