// Does an open page stay right, whatever happens between it and the server?
import type { Page } from '@playwright/test';

import { Api } from './fixtures/api';
import { NETWORK, expect, isLive, open, pin, row, signIn, test, timeline } from './fixtures/test';

test.use({ serverOptions: { file: 'live' } });

const SHORT = ['--access-token-seconds', '3'];

test('a page survives a kill of the server, and misses nothing that was submitted meanwhile', async ({ context, page, startServer, watch }) => {
  watch.allow(NETWORK);
  const server = await startServer();
  const api = await Api.asAdmin(server);
  await signIn(context, server);
  await open(page, `${server.url}/tasks`);
  const document = await pin(page);
  const slow = await api.submit('diagnostics.sleep', { milliseconds: 2_000 }, { title: 'Running when the power went' });
  await expect(row(page, slow.id)).toHaveAttribute('data-state', 'running');

  const port = server.port;
  await server.kill();
  await expect(page.getByTestId('connection')).toHaveText('reconnecting');

  // For a while the same data is served elsewhere, where the page cannot see it.
  await server.start(0);
  const meanwhile = await api.submit('diagnostics.echo', {}, { title: 'Submitted behind its back' });
  await api.ended(meanwhile.id);
  const failed = await api.submit('diagnostics.fail', { times: 9, retryable: false }, { title: 'Failed behind its back' });
  await api.ended(failed.id);
  await expect(row(page, meanwhile.id)).toHaveCount(0);
  await server.kill();

  await server.start(port);
  await isLive(page);
  await expect(row(page, meanwhile.id)).toHaveAttribute('data-state', 'completed');
  await expect(row(page, failed.id)).toHaveAttribute('data-state', 'failed');
  await expect(row(page, slow.id)).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
  await document.intact();

  await test.step('and goes on as if nothing had been', async () => {
    const next = await api.submit('diagnostics.echo', {}, { title: 'After it all' });
    await expect(row(page, next.id)).toHaveAttribute('data-state', 'completed');
    await document.intact();
  });
});

test("a task's page survives a kill in the middle of its attempt, and shows the one that followed", async ({ context, page, startServer, watch }) => {
  watch.allow(NETWORK);
  const server = await startServer();
  const api = await Api.asAdmin(server);
  await signIn(context, server);
  const task = await api.submit('diagnostics.sleep', { milliseconds: 2_000 });
  await open(page, `${server.url}/tasks/${task.id}`);
  const document = await pin(page);
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'running');
  await server.kill();
  await expect(page.getByTestId('connection')).toHaveText('reconnecting');
  await server.start();
  await isLive(page);
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
  await expect
    .poll(() => timeline(page))
    .toEqual(['queued', 'assigned', 'running', 'queued', 'assigned', 'running', 'completed']);
  await expect(page.getByTestId('attempt')).toHaveCount(2);
  await expect(page.getByTestId('attempt').filter({ hasText: 'worker lost' })).toHaveCount(1);
  await expect(page.getByTestId('result')).toContainText('slept_ms');
  await document.intact();
});

test('a server that is told to stop ends well, and the page finds its successor', async ({ context, page, startServer, watch }) => {
  watch.allow(NETWORK);
  const server = await startServer();
  const api = await Api.asAdmin(server);
  await signIn(context, server);
  await open(page, `${server.url}/tasks`);
  const document = await pin(page);
  const task = await api.submit('diagnostics.sleep', { milliseconds: 20_000 }, { title: 'Handed back' });
  await expect(row(page, task.id)).toHaveAttribute('data-state', 'running');
  expect(await server.terminate()).toBe(0);
  await expect(page.getByTestId('connection')).toHaveText('reconnecting');
  await server.start();
  await isLive(page);
  // What was handed back is taken up again, and does not count as a failed attempt.
  await expect.poll(async () => (await api.task(task.id)).timeline.map((entry) => `${entry.state} ${entry.attempt}`)).toEqual([
    'queued 1',
    'assigned 1',
    'running 1',
    'queued 1',
    'assigned 1',
    'running 1',
  ]);
  await expect(row(page, task.id)).toHaveAttribute('data-state', 'running');
  await document.intact();
});

test('a page that is open past the expiry of its access token stays live and can act', async ({ context, page, startServer }) => {
  const server = await startServer({ arguments: SHORT });
  const api = await Api.asAdmin(server);
  await signIn(context, server);
  const first = await access(page);
  await open(page, `${server.url}/tasks`);
  const document = await pin(page);
  await expect.poll(() => access(page), { timeout: 15_000 }).not.toBe(first);
  await expired(page);

  const task = await api.submit('diagnostics.sleep', { milliseconds: 60_000 }, { title: 'Long after sign-in' });
  await expect(row(page, task.id)).toHaveAttribute('data-state', 'running');
  await row(page, task.id).getByRole('link').click();
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'running');
  await expired(page);
  await page.getByTestId('cancel').click();
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'canceled');
  await expect(page.getByTestId('connection')).toHaveText('live');
  await document.intact();
  expect(await access(page), 'the session was renewed').toBeDefined();
});

test('two tabs that renew the same session at once both stay signed in', async ({ context, page, startServer }) => {
  const server = await startServer({ arguments: SHORT });
  const api = await Api.asAdmin(server);
  await signIn(context, server);
  const other = await context.newPage();
  await Promise.all([open(page, `${server.url}/tasks`), open(other, `${server.url}/agents`)]);

  for (let round = 0; round < 2; round++) {
    await expired(page);
    // Both show the same refresh token at the same time, and each gets an answer.
    await Promise.all([page.reload(), other.reload()]);
    await Promise.all([isLive(page), isLive(other)]);
  }
  await expired(page);
  const task = await api.submit('diagnostics.sleep', { milliseconds: 60_000 });
  await Promise.all([open(page, `${server.url}/tasks/${task.id}`), open(other, `${server.url}/tasks/${task.id}`)]);
  await expired(page);
  await Promise.all([page.getByTestId('cancel').click(), other.getByRole('link', { name: 'Agents' }).click()]);
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'canceled');
  await expect(other.getByTestId('agent-card').first()).toBeVisible();
});

test('what commits between drawing the list and taking it over is not missed', async ({ dashboard: page, api, watch }) => {
  watch.allow(/preload/);
  await api.drain('diagnostics');
  try {
    const [changed] = await Promise.all([api.submit('diagnostics.echo', {}, { title: 'Changes meanwhile' })]);
    const release = await holdProgram(page);
    await page.goto('/tasks', { waitUntil: 'domcontentloaded' });
    await expect(row(page, changed.id)).toHaveAttribute('data-state', 'queued');
    await expect(page.getByTestId('connection')).toHaveText('not live');
    const document = await pin(page);
    await row(page, changed.id).evaluate((element) => element.setAttribute('data-marked', 'yes'));

    await api.resume('diagnostics');
    const added = await api.submit('diagnostics.echo', {}, { title: 'Added meanwhile' });
    await Promise.all([api.ended(changed.id), api.ended(added.id)]);
    await expect(row(page, changed.id)).toHaveAttribute('data-state', 'queued');

    release();
    await isLive(page);
    await expect(row(page, changed.id)).toHaveAttribute('data-state', 'completed');
    await expect(row(page, changed.id), 'the server’s row was taken over').toHaveAttribute('data-marked', 'yes');
    await expect(row(page, added.id)).toHaveAttribute('data-state', 'completed');
    await document.intact();
  } finally {
    await api.resume('diagnostics');
  }
});

test("what commits between drawing a task's page and taking it over is not missed", async ({ dashboard: page, api, watch }) => {
  watch.allow(/preload/);
  await api.drain('diagnostics');
  try {
    const task = await api.submit('diagnostics.sleep', { milliseconds: 100 });
    const release = await holdProgram(page);
    await page.goto(`/tasks/${task.id}`, { waitUntil: 'domcontentloaded' });
    await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'queued');
    const document = await pin(page);
    await api.resume('diagnostics');
    await api.ended(task.id);
    release();
    await isLive(page);
    await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'completed');
    await expect.poll(() => timeline(page)).toEqual(['queued', 'assigned', 'running', 'completed']);
    await expect(page.getByTestId('log-line')).toHaveCount(10);
    await expect(page.getByTestId('result')).toContainText('slept_ms');
    await document.intact();
  } finally {
    await api.resume('diagnostics');
  }
});

test('nothing becomes another while the part that the page lies in is on its way', async ({ dashboard: page, watch }) => {
  // What changed before a page is taken over would stay as the server drew it: the program holds the text for the server's.
  watch.allow(/preload/);
  const release = await holdProgram(page, /\/pkg\/.*(chunk|split)_[^/]*\.wasm/);
  const program = page.waitForResponse(/\/pkg\/.*\/baton\.[^/]*\.wasm/);
  await page.goto('/topics', { waitUntil: 'domcontentloaded' });
  await program;
  await expect(page.waitForEvent('websocket', { timeout: 3_000 }), 'no socket before the page is taken over').rejects.toThrow(/Timeout/);
  await expect(page.getByTestId('connection')).toHaveText('not live');
  release();
  await isLive(page);
});

test('what commits while the page is read anew in a side step is not missed', async ({ dashboard: page, api }) => {
  // From page to page without a reload: the second page's data is read while events keep coming.
  await open(page, '/agents');
  const document = await pin(page);
  const ids = await api.submitAll(Array.from({ length: 40 }, (_, index) => ({ skill: 'diagnostics.echo', input: {}, title: `Burst ${index}` })));
  await page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Tasks' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Tasks' })).toBeVisible();
  for (const id of ids) await expect(row(page, id)).toHaveAttribute('data-state', 'completed');
  await document.intact();
});

/** The browser's access token. */
async function access(page: Page): Promise<string | undefined> {
  return (await page.context().cookies()).find((cookie) => cookie.name === 'baton_access')?.value;
}

/** The access token is over: the browser no longer has it, or its end has passed. */
async function expired(page: Page): Promise<void> {
  const token = await access(page);
  await expect.poll(async () => (await access(page)) !== token || token === undefined, { timeout: 15_000 }).toBe(true);
}

/** Holds the page's program, or a part of it, back until the returned function is called. */
async function holdProgram(page: Page, files: string | RegExp = '**/pkg/**/*.wasm'): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(files, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}
