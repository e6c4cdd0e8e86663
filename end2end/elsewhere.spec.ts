// Does the page of an agent show the instances that other servers and workers carry, live, and whose circuit is open?
import { type Page, type Server, card, expect, open, pin, signIn, test as base } from './fixtures/test';
import { Api } from './fixtures/api';
import { Postgres } from './fixtures/postgres';
import { Worker } from './fixtures/server';

/** The key that all servers of this file sign tokens with, so that one session holds on each. */
const TOKEN_KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

const test = base.extend<{
  postgres: Postgres;
  named: (name: string) => Promise<Server>;
  worker: (name: string, more?: string[]) => Promise<Worker>;
}>({
  postgres: async ({}, use) => {
    const postgres = await Postgres.start();
    await use(postgres);
    await postgres.dispose();
  },
  named: async ({ postgres, startServer }, use) => {
    await use((name) =>
      startServer({ arguments: ['--database', postgres.url, '--name', name], environment: { BATON_TOKEN_KEY: TOKEN_KEY } }),
    );
  },
  worker: async ({ postgres }, use) => {
    const workers: Worker[] = [];
    await use(async (name, more = []) => {
      const worker = await Worker.start(['--database', postgres.url, '--name', name, ...more]);
      workers.push(worker);
      return worker;
    });
    await Promise.all(workers.map((worker) => worker.dispose()));
  },
});

test.skip(!Postgres.installed(), 'no PostgreSQL is installed: `make test` says how to install it');

/** The rows of an agent's instances: where each runs. */
function instances(page: Page, kind: string) {
  return page.getByTestId('instance').and(page.locator(`[data-kind="${kind}"]`));
}

test('an agent shows what another server and a worker carry, as they come and go', async ({ browser, context, page, named, worker }) => {
  test.setTimeout(120_000);
  const one = await named('one');
  await signIn(context, one);
  await open(page, `${one.url}/agents`);
  await card(page, 'diagnostics').getByRole('link', { name: 'Diagnostics' }).click();
  await expect(page.getByTestId('instance')).toHaveCount(1);
  const document = await pin(page);

  const two = await named('two');
  await expect(instances(page, 'server').filter({ hasText: 'two' })).toHaveAttribute('data-status', 'ready');
  const three = await worker('three');
  await expect(instances(page, 'worker')).toHaveCount(1);
  await expect(instances(page, 'worker')).toContainText('three');
  await expect(instances(page, 'worker')).toContainText('0 of 64');
  await expect(page.getByTestId('instance')).toHaveCount(3);

  // The other server says the same of the first. Cookies know no ports, so whoever looks there is another browser.
  const elsewhere = await browser.newContext();
  const other = await elsewhere.newPage();
  await signIn(elsewhere, two);
  await open(other, `${two.url}/agents`);
  await card(other, 'diagnostics').getByRole('link', { name: 'Diagnostics' }).click();
  await expect(instances(other, 'server').filter({ hasText: 'one' })).toHaveAttribute('data-status', 'ready');
  await expect(instances(other, 'worker')).toContainText('three');

  expect(await three.terminate()).toBe(0);
  for (const one of [page, other]) await expect(instances(one, 'worker')).toHaveCount(0);
  await document.intact();
  // The database goes before the servers do; nobody is to watch that.
  await Promise.all([page.close(), elsewhere.close()]);
});

test('an agent says on which worker its circuit is open, and it is closed from there', async ({
  context,
  page,
  postgres,
  startServer,
  worker,
}) => {
  test.setTimeout(120_000);
  const lease = ['--lease-millis', '3000'];
  const one = await startServer({
    arguments: ['--database', postgres.url, '--name', 'one', ...lease],
    environment: { BATON_TOKEN_KEY: TOKEN_KEY },
    diagnostics: false,
  });
  await worker('two', [...lease, '--breaker-failures', '3', '--breaker-seconds', '3600']);
  const api = await Api.asAdmin(one);
  await signIn(context, one);
  await open(page, `${one.url}/agents`);
  await card(page, 'diagnostics').getByRole('link', { name: 'Diagnostics' }).click();
  await expect(page.getByTestId('circuit')).toHaveAttribute('data-state', 'closed');
  await expect(instances(page, 'worker')).toHaveAttribute('data-status', 'ready');

  const retry = { initial_interval_ms: 10, maximum_interval_ms: 10, maximum_attempts: 3, jitter: 'none' };
  const failing = await api.submit('diagnostics.fail', { times: 100 }, { title: 'Opens the circuit', retry });
  expect((await api.ended(failing.id)).summary.state).toBe('failed');
  // The worker says so with its next heartbeat, which no page hears.
  await expect(async () => {
    await open(page, page.url());
    await expect(page.getByTestId('circuit')).toHaveAttribute('data-state', 'open', { timeout: 100 });
  }).toPass();
  await expect(instances(page, 'worker')).toContainText('two');
  await expect(instances(page, 'worker')).toContainText('circuit open, tried again');

  await page.getByTestId('reset-circuit').click();
  await expect(page.getByTestId('circuit')).toHaveAttribute('data-state', 'closed');
  const works = await api.submit('diagnostics.echo', {}, { title: 'Goes on' });
  expect((await api.ended(works.id)).summary.state).toBe('completed');
  await expect(page.getByTestId('circuit-there')).toHaveCount(0);
  await page.close();
});
