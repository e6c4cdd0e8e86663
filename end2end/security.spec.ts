// What does the server send so that a browser runs only what is ours, and how much of it is there?
import type { Response } from '@playwright/test';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import { repository } from './fixtures/examples';
import { PLAIN_PAGES, fill } from './fixtures/pages';
import { expect, open, row, signIn, test } from './fixtures/test';

test.use({ serverOptions: { file: 'security' } });

/** What the browser may have to load of the program before the first page that it opens works: docs/bars.md. */
const MOST_WASM_BYTES = 600_000;
/** A page of each part, and the largest ones. */
const FIRST_PAGES = [...PLAIN_PAGES.filter(({ name }) => !name.startsWith('new-task-')), { name: 'topics', path: '/topics' }, { name: 'limits', path: '/limits' }];

test('page answers carry a nonce and allow no inline scripts', async ({ dashboard: page, server, api }) => {
  const nonces = new Set<string>();
  const pages = [{ name: 'sign-in', path: '/sign-in' }, ...PLAIN_PAGES, ...(await fill(api))];
  for (const { name, path } of pages) {
    const response = await page.request.get(`${server.url}${path}`);
    const policy = response.headers()['content-security-policy'] ?? '';
    const scripts = policy.split(';').find((part) => part.trim().startsWith('script-src')) ?? '';
    const nonce = /'nonce-([^']+)'/.exec(scripts)?.[1];
    expect(nonce, `${name}: ${policy}`).toBeDefined();
    expect(scripts, name).not.toMatch(/'unsafe-inline'|'unsafe-eval'|https?:|\*/);
    for (const directive of ["object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) expect(policy, name).toContain(directive);
    expect(nonces.has(nonce!), `${name}: a nonce is used once`).toBe(false);
    nonces.add(nonce!);
    expect(response.headers()['x-content-type-options'], name).toBe('nosniff');

    const html = await response.text();
    for (const [tag] of html.matchAll(/<script\b[^>]*>/g)) expect(tag, name).toContain(`nonce="${nonce}"`);
    expect(html.match(/<[^>]+\son[a-z]+\s*=/i), `${name}: no handlers in attributes`).toBeNull();
    expect(html, name).not.toMatch(/(src|href)="(https?:)?\/\//);
  }
});

test('what a first page loads of the program is small once compressed, and is sent compressed', async ({ browser, server, api }) => {
  const pages = [{ name: 'sign-in', path: '/sign-in' }, ...FIRST_PAGES, ...(await fill(api)).filter(({ name }) => name === 'task-table' || name === 'agent')];
  const sums: string[] = [];
  // Some two seconds for each of thirty pages, and three times as many where other programs run.
  test.setTimeout(360_000);
  const signedIn = await browser.newContext();
  await signIn(signedIn, server);
  const session = await signedIn.storageState();
  await signedIn.close();
  for (const { name, path } of pages) {
    // A context of its own: nothing is in its cache.
    const context = await browser.newContext(name === 'sign-in' ? {} : { storageState: session });
    const page = await context.newPage();
    const answers: Response[] = [];
    page.on('response', (answer) => {
      if (answer.url().endsWith('.wasm')) answers.push(answer);
    });
    await page.goto(`${server.url}${path}`, { waitUntil: 'networkidle' });
    let bytes = 0;
    for (const answer of answers) {
      const headers = await answer.allHeaders();
      expect(headers['content-encoding'], answer.url()).toBe('br');
      expect(headers['content-type'], answer.url()).toBe('application/wasm');
      expect(headers['cache-control'], answer.url()).toContain('immutable');
      bytes += Number(headers['content-length']);
    }
    expect(new Set(answers.map((answer) => answer.url())).size, `${name} loads each file once`).toBe(answers.length);
    expect(bytes, name).toBeGreaterThan(0);
    expect(bytes, `${name}: ${answers.map((answer) => answer.url()).join(' ')}`).toBeLessThanOrEqual(MOST_WASM_BYTES);
    sums.push(`${name} ${bytes} in ${answers.length}`);
    await context.close();
  }
  const folder = path.join(process.env.LEPTOS_SITE_ROOT ?? path.join(repository, 'target/site'), 'pkg');
  const all = readdirSync(folder).filter((name) => name.endsWith('.wasm.br'));
  const total = all.reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
  const text = `bytes of the program after brotli: ${sums.join(', ')}; all ${all.length} files ${total}`;
  test.info().annotations.push({ type: 'wasm', description: text });
  console.log(text);
});

test('a part that does not come is said, and the page can be loaded again', async ({ dashboard: page, watch }) => {
  watch.allow(/wasm|Failed to fetch|ERR_FAILED/);
  await open(page, '/');
  await page.route('**/split_forms*.wasm', (route) => route.abort());
  await page.getByRole('link', { name: 'Topics' }).click();
  await expect(page.getByTestId('not-loaded')).toBeVisible();
  await page.unroute('**/split_forms*.wasm');
  await page.getByRole('link', { name: 'Load it again' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Topics');
});

test("the session's cookies are out of reach of scripts and of other sites", async ({ context, page, server }) => {
  await signIn(context, server);
  const cookies = (await context.cookies()).filter((cookie) => /access|refresh/.test(cookie.name));
  expect(cookies).toHaveLength(2);
  for (const cookie of cookies) {
    expect(cookie.httpOnly, cookie.name).toBe(true);
    expect(['Lax', 'Strict']).toContain(cookie.sameSite);
    expect(cookie.path, cookie.name).toBe('/');
  }
  await open(page, '/');
  expect(await page.evaluate(() => document.cookie)).not.toMatch(/access|refresh/);
});

test('what another site asks for in the name of the person is refused', async ({ context, server }) => {
  await signIn(context, server);
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const form = { 'content-type': 'application/x-www-form-urlencoded', cookie };
  for (const address of ['/sfn/auth/logout', '/sfn/members/create_api_key', '/api/v1/auth/logout', '/api/v1/tasks']) {
    const cross = { ...form, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const response = await context.request.post(`${server.url}${address}`, { headers: cross, data: 'name=x&role=admin' });
    expect(response.status(), address).toBe(403);
  }
  expect((await context.request.get(`${server.url}/api/v1/auth/me`)).status()).toBe(200);
});

test('what people write is text on every page, never markup', async ({ dashboard: page, api }) => {
  const title = '<img src=x onerror="document.title=1"></script><script>document.title=2</script>&amp;';
  const task = await api.submit('diagnostics.echo', { message: title }, { title });
  await api.ended(task.id);
  for (const path of ['/', '/tasks', `/tasks/${task.id}`]) {
    await open(page, path);
    await expect(page.getByText(title).first()).toBeVisible();
    await expect(page).toHaveTitle(/Baton$/);
    await expect(page.locator('img[src="x"]')).toHaveCount(0);
  }
  await open(page, '/tasks');
  await expect(row(page, task.id)).toContainText(title);
});

test('the reader of the API loads nothing from outside and breaks no policy', async ({ page }) => {
  const response = await page.goto('/api/docs');
  expect(response?.headers()['content-security-policy']).not.toContain('unsafe-inline');
  await expect(page.getByText('/api/v1/tasks', { exact: true }).first()).toBeVisible({ timeout: 20_000 });
});
