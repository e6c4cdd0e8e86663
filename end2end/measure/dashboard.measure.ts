// How fast do answers and open pages stay while agents do mixed real work?
//
// Two dashboards are open (the overview and the list of tasks); a client reads over REST and asks for whole pages all the
// while. Appends a JSON line a load to the file that BATON_MEASUREMENTS names:
// - `read_ms`, `page_ms`: from request to the last byte of the answer;
// - `commit_to_page_ms`: from the instant that the server wrote into the outcome to the change of its row in the document.
import { appendFileSync } from 'node:fs';

import type { BrowserContext } from '@playwright/test';

import { type Api, type Page, expect, open, test } from '../fixtures/test';

interface Load {
  name: string;
  /** Tasks of each wave, waves, and the pause between two. */
  tasks: number;
  waves: number;
  pauseMs: number;
}

const LOADS: Load[] = [
  { name: 'steady', tasks: 20, waves: 60, pauseMs: 1_000 },
  { name: 'demo', tasks: 60, waves: 10, pauseMs: 3_000 },
  { name: 'burst', tasks: 500, waves: 4, pauseMs: 10_000 },
];

const READS = ['/api/v1/tasks?limit=50', '/api/v1/tasks/{id}', '/api/v1/tasks/{id}/trace', '/api/v1/agents', '/api/v1/metrics/series'];
const PAGES = ['/', '/tasks', '/tasks/{id}', '/agents'];

test.use({ serverOptions: { file: 'measure', arguments: ['--requests-per-second', '100000'] } });

for (const load of LOADS) {
  test(`answers and pages under ${load.name} load`, async ({ context, dashboard: list, api, server }) => {
    const overview = await context.newPage();
    await open(overview, `${server.url}/`);
    await open(list, `${server.url}/tasks`);
    await noteEndings(list);
    const [first] = await api.submitDemo(1);
    await api.ended(first!);

    let working = true;
    const asking = [READS, PAGES].map((addresses) => ask(context, addresses.map((path) => server.url + path.replace('{id}', first!)), () => working));
    const began = Date.now();
    const ids: string[] = [];
    for (let wave = 0; wave < load.waves; wave++) {
      ids.push(...(await api.submitDemo(load.tasks, wave * load.tasks)));
      await new Promise((resolve) => setTimeout(resolve, load.pauseMs));
    }
    const seconds = (Date.now() - began) / 1000;
    working = false;
    const [reads, pages] = await Promise.all(asking);
    const lags = await lag(list, api, ids);
    expect(lags.length, 'endings that the page has shown').toBeGreaterThan(20);
    const line = {
      benchmark: 'dashboard',
      load: load.name,
      tasks: ids.length,
      tasks_per_minute: Math.round((ids.length * 60) / seconds),
      read_ms: summary(reads!),
      page_ms: summary(pages!),
      commit_to_page_ms: summary(lags),
    };
    console.log(JSON.stringify(line));
    if (process.env.BATON_MEASUREMENTS) appendFileSync(process.env.BATON_MEASUREMENTS, `${JSON.stringify(line)}\n`);
  });
}

/** Asks for one address after another, as fast as the answers come; gives how long each took. */
async function ask(context: BrowserContext, addresses: string[], goesOn: () => boolean): Promise<number[]> {
  const took: number[] = [];
  for (let index = 0; goesOn(); index++) {
    const began = performance.now();
    const answer = await context.request.get(addresses[index % addresses.length]!);
    await answer.body();
    took.push(performance.now() - began);
    expect(answer.status(), answer.url()).toBe(200);
    await answer.dispose();
    // A person reads for longer; a hundred people together do not.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return took;
}

/** From now on the page remembers when the row of a task first said that it has ended. */
async function noteEndings(page: Page): Promise<void> {
  await page.evaluate(() => {
    const ended: Record<string, number> = {};
    Object.assign(window, { ended });
    const look = (row: Element) => {
      const { id, state } = (row as HTMLElement).dataset;
      if (id && ['completed', 'failed', 'canceled', 'timed_out'].includes(state ?? '')) {
        ended[id] ??= performance.timeOrigin + performance.now();
      }
    };
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.type === 'attributes') look(change.target as Element);
        change.addedNodes.forEach((node) => node instanceof Element && [node, ...node.querySelectorAll('[data-testid="task-row"]')].forEach(look));
      }
    }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] });
  });
}

async function lag(page: Page, api: Api, ids: string[]): Promise<number[]> {
  await Promise.all(ids.slice(-20).map((id) => api.ended(id)));
  const ended = await page.evaluate(() => (window as unknown as { ended: Record<string, number> }).ended);
  const lags: number[] = [];
  for (const id of ids) {
    const seen = ended[id];
    // A list holds its newest rows only: what was never in it has nothing to be timed.
    if (seen === undefined) continue;
    const { finished_at } = (await api.ended(id)).summary;
    if (finished_at) lags.push(seen - Date.parse(finished_at));
  }
  return lags;
}

function summary(values: number[]): { count: number; p50: number; p99: number; maximum: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => Math.round((sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN) * 10) / 10;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), maximum: at(1) };
}
