// Does the page of an agent show the instances that other servers and workers carry, live?
import { type Page, type Server, card, expect, open, pin, signIn, test as base } from './fixtures/test';
import { Postgres } from './fixtures/postgres';
import { Worker } from './fixtures/server';

/** The key that all servers of this file sign tokens with, so that one session holds on each. */
const TOKEN_KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

const test = base.extend<{ postgres: Postgres; named: (name: string) => Promise<Server>; worker: (name: string) => Promise<Worker> }>({
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
    await use(async (name) => {
      const worker = await Worker.start(['--database', postgres.url, '--name', name]);
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
