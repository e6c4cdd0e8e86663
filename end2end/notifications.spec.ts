// Do people hear at once of what concerns them, and can they keep track of what they have read?
import { type Page, type Server, expect, open, pin, signIn, test } from './fixtures/test';

test.use({ serverOptions: { file: 'notifications' } });

/** The person whose page it is submits a task that fails for good. */
async function fail(page: Page, server: Server, title: string): Promise<void> {
  const data = { skill: 'diagnostics.fail', input: { times: 9, retryable: false }, title };
  const answer = await page.request.post(`${server.url}/api/v1/tasks`, { data, headers: { origin: server.url } });
  expect(answer.ok(), await answer.text()).toBe(true);
}

/** Asks the server as the signed-in person, over REST. */
async function markAll(page: Page, server: Server): Promise<void> {
  const answer = await page.request.post(`${server.url}/api/v1/notifications/mark`, { data: { read: true }, headers: { origin: server.url } });
  expect(answer.ok(), await answer.text()).toBe(true);
}

const bell = (page: Page) => page.getByTestId('bell');
const rows = (page: Page) => page.getByTestId('notification');

test('a task that fails is on the badge of an open page at once, and leads to the task', async ({ dashboard: page, server }) => {
  await markAll(page, server);
  await open(page, '/agents');
  const document = await pin(page);
  await expect(page.getByTestId('unread')).toBeEmpty();
  // The page begins to follow its notifications a moment after it is alive.
  await fail(page, server, 'Fails for good');
  await expect(page.getByTestId('unread')).toHaveText('1');
  await expect(bell(page)).toHaveAccessibleName('1 unread notification');
  await fail(page, server, 'Fails as well');
  await expect(page.getByTestId('unread')).toHaveText('2');
  await expect(page.getByTestId('unread-said')).toHaveText('2 unread notifications');

  await bell(page).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Notifications');
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first()).toContainText('Task failed: Fails as well');
  await rows(page).first().getByRole('link').click();
  await expect(page).toHaveURL(/\/tasks\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Fails as well');
  // Whoever follows a notification has seen it.
  await expect(page.getByTestId('unread')).toHaveText('1');
  await document.intact();
});

test('notifications are marked as read and as unread with the keyboard alone', async ({ dashboard: page, server }) => {
  await markAll(page, server);
  await open(page, '/notifications');
  const document = await pin(page);
  await expect(rows(page)).toHaveCount(0);
  for (const title of ['First', 'Second', 'Third']) {
    await fail(page, server, title);
    // A page that is open shows each as it comes.
    await expect(rows(page).first()).toContainText(`Task failed: ${title}`);
  }
  await expect(rows(page)).toHaveCount(3);

  await rows(page).filter({ hasText: 'Second' }).getByRole('button', { name: 'Mark as read' }).press('Enter');
  await expect(rows(page)).toHaveCount(2);
  await expect(page.getByTestId('unread')).toHaveText('2');
  await expect(page.getByTestId('marked')).toHaveText('Marked. 2 unread.');

  await page.getByTestId('mark-all').press('Enter');
  await expect(rows(page)).toHaveCount(0);
  await expect(page.getByTestId('unread')).toBeEmpty();
  await expect(bell(page)).toHaveAccessibleName('Notifications');

  await page.getByTestId('which').getByRole('link', { name: 'All' }).press('Enter');
  const third = rows(page).filter({ hasText: 'Third' });
  await expect(third).toHaveAttribute('data-unread', 'false');
  await third.getByRole('button', { name: 'Mark as unread' }).press('Enter');
  await expect(third).toHaveAttribute('data-unread', 'true');
  await expect(page.getByTestId('unread')).toHaveText('1');
  await document.intact();
});

test('what is marked in one tab is known in the next page, and others see nothing of it', async ({ dashboard: page, server, api, browser }) => {
  await markAll(page, server);
  const person = { email: 'bystander@example.test', password: 'a long first password' };
  await api.createUser(person.email, person.password, 'operator');
  const elsewhere = await browser.newContext({ baseURL: server.url });
  await signIn(elsewhere, server, person);
  const other = await elsewhere.newPage();
  await open(other, '/notifications?all=true');

  await fail(page, server, 'Mine alone');
  await open(page, '/notifications');
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByTestId('unread')).toHaveText('1');
  await page.getByTestId('mark-all').click();
  await expect(rows(page)).toHaveCount(0);
  await open(page, '/');
  await expect(page.getByTestId('unread')).toBeEmpty();

  await other.reload();
  await expect(other.getByTestId('empty')).toBeVisible();
  await expect(rows(other)).toHaveCount(0);
  await elsewhere.close();
});
