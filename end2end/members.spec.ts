// Can an administrator let people and machines in, and does each see only what their role includes?
import { expect, open, pin, row, signIn, test } from './fixtures/test';

test.use({ serverOptions: { file: 'members' } });

const PASSWORD = 'a long first password';

test('an administrator adds a member, changes the role and locks the account', async ({ browser, dashboard: page, server, watch }) => {
  const email = 'grace@example.test';
  await open(page, '/members');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('First password').fill(PASSWORD);
  await page.getByLabel('Role', { exact: true }).selectOption('viewer');
  await page.getByTestId('create-user').click();
  const member = page.locator(`[data-testid="member-row"][data-email="${email}"]`);
  await expect(member.getByLabel(`Role of ${email}`)).toHaveValue('viewer');
  await expect(member).toContainText('never');

  await test.step('who can sign in', async () => {
    const context = await browser.newContext({ baseURL: server.url });
    await watch.follow(context);
    await signIn(context, server, { email, password: PASSWORD });
    const theirs = await context.newPage();
    await open(theirs, '/');
    await expect(theirs.getByTestId('person')).toContainText(email);
    await context.close();
  });

  await test.step('gets another role', async () => {
    await member.getByLabel(`Role of ${email}`).selectOption('operator');
    const [answer] = await Promise.all([
      page.waitForResponse('**/sfn/members/change_user'),
      member.getByRole('button', { name: 'Change' }).click(),
    ]);
    expect(answer.ok()).toBe(true);
    await page.reload();
    await expect(member.getByLabel(`Role of ${email}`)).toHaveValue('operator');
  });

  await test.step('and is locked out', async () => {
    await open(page, '/members');
    await member.getByRole('button', { name: 'Lock' }).click();
    await expect(member.getByRole('button', { name: 'Unlock' })).toBeVisible();
    const refused = await fetch(`${server.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password: PASSWORD }),
    });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    await member.getByRole('button', { name: 'Unlock' }).click();
    await expect(member.getByRole('button', { name: 'Lock' })).toBeVisible();
  });
});

test('a member that exists already is refused, and so is a password that everybody knows', async ({ dashboard: page, api, watch }) => {
  watch.allow(/status of 4(09|22)/);
  await api.createUser('twice@example.test', PASSWORD, 'viewer');
  await open(page, '/members');
  const document = await pin(page);
  await page.getByLabel('Email').fill('twice@example.test');
  await page.getByLabel('First password').fill(PASSWORD);
  await page.getByTestId('create-user').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'USER-002');
  await page.getByLabel('Email').fill('weak@example.test');
  await page.getByLabel('First password').fill('password1');
  await page.getByTestId('create-user').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'REQUEST-002');
  await expect(page.locator('[data-email="weak@example.test"]')).toHaveCount(0);
  await document.intact();
});

test('the last administrator can neither step down nor be locked', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 409/);
  await open(page, '/members');
  const me = page.getByTestId('member-row').filter({ hasText: '(you)' });
  await me.getByRole('button', { name: 'Lock' }).click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'USER-003');
  await me.getByRole('combobox').selectOption('viewer');
  await me.getByRole('button', { name: 'Change' }).click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'USER-003');
});

test("a key's secret is shown once, works at once, and no longer once it is revoked", async ({ dashboard: page, server }) => {
  await open(page, '/members');
  await page.getByLabel('What it is for').fill('nightly import');
  await page.getByLabel('What it may do').selectOption('operator');
  await page.getByTestId('create-key').click();
  const secret = (await page.getByTestId('new-secret').innerText()).trim();
  expect(secret.length).toBeGreaterThan(20);
  const key = page.locator('[data-testid="key-row"][data-name="nightly import"]');
  await expect(key).toContainText('operator');
  const status = async (path: string) => (await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${secret}` } })).status;
  expect(await status('/api/v1/tasks')).toBe(200);
  expect(await status('/api/v1/users')).toBe(403);

  await page.reload();
  await expect(key).toBeVisible();
  await expect(page.getByTestId('new-secret')).toHaveCount(0);
  expect(await page.content()).not.toContain(secret);

  await open(page, '/members');
  await key.getByTestId('revoke').click();
  await expect(key).toHaveCount(0);
  expect(await status('/api/v1/tasks')).toBe(401);
});

test('a viewer sees everything and changes nothing', async ({ browser, api, server, watch }) => {
  watch.allow(/status of 403/);
  await api.createUser('viewer@example.test', PASSWORD, 'viewer');
  const done = await api.submit('diagnostics.echo', {}, { title: 'For all to see' });
  const running = await api.submit('diagnostics.sleep', { milliseconds: 60_000 });
  await api.ended(done.id);
  const context = await browser.newContext({ baseURL: server.url });
  await watch.follow(context);
  await signIn(context, server, { email: 'viewer@example.test', password: PASSWORD });
  const page = await context.newPage();

  await open(page, '/tasks');
  await expect(row(page, done.id)).toHaveAttribute('data-state', 'completed');
  await expect(page.getByRole('link', { name: 'Members' })).toHaveCount(0);
  await open(page, `/tasks/${done.id}`);
  await expect(page.getByTestId('result')).toBeVisible();
  await expect(page.getByTestId('rerun')).toHaveCount(0);
  await open(page, `/tasks/${running.id}`);
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'running');
  await expect(page.getByTestId('cancel')).toHaveCount(0);
  await open(page, '/agents');
  await expect(page.getByTestId('agent-card')).toHaveCount(8);
  await expect(page.getByTestId('drain')).toHaveCount(0);
  await open(page, '/tasks/new?skill=nlp.sentiment');
  await expect(page.getByTestId('submit')).toBeDisabled();

  const members = await page.goto('/members');
  expect(members?.status()).toBe(403);
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'AUTH-005');
  await expect(page.getByTestId('member-row')).toHaveCount(0);
  await context.close();
  await api.cancel(running.id);
});
