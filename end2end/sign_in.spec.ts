// How does a person get in, and out again?
import { ADMIN, expect, isLive, signIn, test } from './fixtures/test';

test.use({ serverOptions: { file: 'sign_in' } });

const EMAIL = 'first@example.test';
const PASSWORD = 'a long first password';

/** The page's program has taken its form over. Until then the form works too, in the plain way. */
const taken = { waitUntil: 'networkidle' } as const;

test('a new installation asks for the printed code and makes the first administrator with it', async ({ page, startServer, watch }) => {
  const fresh = await startServer({ firstRun: true });
  expect(fresh.code).toBeDefined();
  await page.goto(`${fresh.url}/sign-in`, taken);
  await expect(page).toHaveURL(`${fresh.url}/first-run`);

  await test.step('a wrong code is refused, and says so', async () => {
    watch.allow(/status of 4\d\d/);
    await page.getByLabel('One-time code').fill('ABCD-EFGH-JKLM');
    await page.getByLabel('Email').fill(EMAIL);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByTestId('first-run').click();
    await expect(page.getByTestId('error')).toHaveAttribute('data-code', /^AUTH-\d{3}$/);
  });

  await test.step('the printed one opens the door', async () => {
    await page.getByLabel('One-time code').fill(fresh.code ?? '');
    await page.getByTestId('first-run').click();
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
    await isLive(page);
    await expect(page.getByTestId('person')).toContainText(EMAIL);
  });

  await test.step('and only once', async () => {
    await page.getByTestId('sign-out').click();
    await expect(page).toHaveURL(`${fresh.url}/sign-in`);
    await page.goto(`${fresh.url}/first-run`);
    await expect(page).toHaveURL(`${fresh.url}/sign-in`);
  });
});

test('whoever is not signed in is sent to the sign-in page and back to where they wanted to go', async ({ page }) => {
  await page.goto('/tasks?state=failed', taken);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - main:
      - heading "Sign in" [level=1]
      - text: Email
      - textbox "Email"
      - text: Password
      - textbox "Password"
      - button "Sign in"
  `);
  await page.getByLabel('Email').fill(ADMIN.email);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByTestId('sign-in').click();
  await expect(page).toHaveURL(/\/tasks\?state=failed$/);
  await expect(page.getByRole('heading', { level: 1, name: 'Tasks' })).toBeVisible();
  await isLive(page);
});

test('a wrong password is refused without saying which of the two was wrong', async ({ page, watch }) => {
  watch.allow(/status of 401/);
  const complaints: string[] = [];
  await page.goto('/sign-in', taken);
  for (const email of [ADMIN.email, 'nobody@example.test']) {
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password').fill('not the password');
    const [answer] = await Promise.all([page.waitForResponse('**/sfn/auth/login'), page.getByTestId('sign-in').click()]);
    expect(answer.status()).toBe(401);
    await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'AUTH-002');
    complaints.push(await page.getByTestId('error').innerText());
  }
  expect(complaints[0]).toBe(complaints[1]);
  await expect(page).toHaveURL(/\/sign-in$/);
});

test('the way back never leads to another site', async ({ page }) => {
  await page.goto('/sign-in?next=https%3A%2F%2Fevil.example%2F', taken);
  await page.getByLabel('Email').fill(ADMIN.email);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByTestId('sign-in').click();
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  await isLive(page);
});

test('signing out ends the session on every page that it is open on', async ({ context, page, server, watch }) => {
  watch.allow(/status of 401/);
  await signIn(context, server);
  await page.goto('/');
  await isLive(page);
  const other = await context.newPage();
  await other.goto('/agents');
  await isLive(other);

  await page.getByTestId('sign-out').click();
  await expect(page).toHaveURL(/\/sign-in$/);
  expect((await context.cookies()).filter((cookie) => /access|refresh/.test(cookie.name))).toEqual([]);
  // The server looks at the session of an open socket every few seconds.
  await expect(other).toHaveURL(/\/sign-in\?next=%2Fagents$/, { timeout: 20_000 });
  await page.goto('/');
  await expect(page).toHaveURL(/\/sign-in$/);
});
