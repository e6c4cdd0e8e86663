// Can people declare topics, publish, and deal with what could not be delivered?
import { type Page, type Server, expect, open, pin, test } from './fixtures/test';

test.use({ serverOptions: { file: 'topics' } });

test('a topic is declared, published to, and shows its last messages', async ({ dashboard: page }) => {
  await open(page, '/topics');
  await page.getByLabel('Name', { exact: true }).fill('orders.created');
  await page.getByTestId('declare-topic').click();
  const topic = page.getByTestId('topic-row').and(page.locator('[data-name="orders.created"]'));
  await expect(topic).toBeVisible();

  await topic.getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('orders.created');
  await page.getByLabel('Message').fill('{"order": 17}');
  await page.getByTestId('publish').click();
  await expect(page.getByTestId('message')).toHaveCount(1);
  await expect(page.getByTestId('message')).toContainText('"order": 17');
});

test('a malformed name is refused with what to do', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/topics');
  await page.getByLabel('Name', { exact: true }).fill('orders..created');
  await page.getByTestId('declare-topic').click();
  await expect(page.getByRole('alert')).toContainText('TOPIC-002');
});

/** Asks the server as the signed-in person, over REST. */
function poster(page: Page, server: Server) {
  return async (path: string, data: object) => {
    const answer = await page.request.post(`${server.url}/api/v1${path}`, { data, headers: { origin: server.url } });
    expect(answer.ok(), await answer.text()).toBe(true);
    return answer.json();
  };
}

test('messages are pulled, and acknowledged or refused, with the keyboard alone', async ({ dashboard: page, server }) => {
  const post = poster(page, server);
  await post('/topics', { name: 'parcels.sent', kind: 'durable' });
  await post('/subscriptions', { name: 'by-hand', pattern: 'parcels.>', start: 'earliest', policy: { maximum_deliveries: 1 } });
  for (const parcel of [1, 2, 3]) await post('/topics/parcels.sent/messages', { payload: { parcel } });

  await open(page, '/subscriptions/by-hand');
  const document = await pin(page);
  const held = page.getByTestId('delivery');
  const said = page.getByTestId('deliveries-status');
  await page.getByLabel('At most').fill('2');
  await page.getByLabel('At most').press('Enter');
  await expect(held).toHaveCount(2);
  await expect(said).toHaveText('2 messages pulled.');
  await expect(held.first()).toContainText('"parcel": 1');
  await expect(page.getByTestId('subscription-row').locator('td').nth(2)).toHaveText('2');

  await held.first().getByRole('button', { name: /^Acknowledge #/ }).press('Enter');
  await expect(held).toHaveCount(1);
  await expect(said).toHaveText('1 acknowledged.');
  await expect(said).toBeFocused();
  await expect(page.getByTestId('subscription-facts')).toContainText('1 acknowledged');

  await held.first().getByRole('button', { name: /^Refuse #/ }).press('Enter');
  await expect(held).toHaveCount(0);
  await expect(said).toHaveText('1 refused.');
  // It may be delivered once only, so it is a dead letter now, and the page shows it without a reload.
  await expect(page.getByTestId('dead-letter')).toContainText('"parcel": 2');

  await page.getByTestId('pull').press('Enter');
  await expect(held).toHaveCount(1);
  await page.getByTestId('pull').press('Enter');
  await expect(said).toHaveText('No message waits.');
  await expect(held).toHaveCount(1);
  await document.intact();
});

test('what is acknowledged after its deadline is said to be late', async ({ dashboard: page, server }) => {
  const post = poster(page, server);
  await post('/topics', { name: 'slow.hands', kind: 'durable' });
  await post('/subscriptions', { name: 'slow', pattern: 'slow.>', start: 'earliest', policy: { ack_deadline_ms: 1_000 } });
  await post('/topics/slow.hands/messages', { payload: 'too slow' });
  await open(page, '/subscriptions/slow');
  await page.getByTestId('pull').click();
  await expect(page.getByTestId('delivery')).toHaveCount(1);
  // Another consumer is given it once the time is over.
  await expect.poll(async () => (await post('/subscriptions/slow/pull', { maximum: 1 })).items.length, { timeout: 15_000 }).toBe(1);
  await page.getByTestId('acknowledge').click();
  await expect(page.getByTestId('deliveries-status')).toHaveText('0 acknowledged. 1 came after its deadline, and changed nothing.');
  await expect(page.getByTestId('delivery')).toHaveCount(0);
});

test('too many at once are refused with what to do', async ({ dashboard: page, server, watch }) => {
  watch.allow(/status of 422/);
  await poster(page, server)('/subscriptions', { name: 'greedy', pattern: 'greedy.>' });
  await open(page, '/subscriptions/greedy');
  await page.getByLabel('At most').evaluate((field) => field.removeAttribute('max'));
  await page.getByLabel('At most').fill('501');
  await page.getByTestId('pull').click();
  await expect(page.getByTestId('deliveries').getByRole('alert')).toContainText('REQUEST-002');
});

test('a subscription that ends leaves its page', async ({ dashboard: page, server }) => {
  await poster(page, server)('/subscriptions', { name: 'short-lived', pattern: 'short.>' });
  await open(page, '/subscriptions/short-lived');
  await page.getByTestId('end-subscription').click();
  await expect(page).toHaveURL(/\/topics$/);
  await expect(page.locator('[data-name="short-lived"]')).toHaveCount(0);
});

test('a dead letter can be delivered again', async ({ dashboard: page, server }) => {
  const post = poster(page, server);
  await post('/topics', { name: 'letters.sent', kind: 'durable' });
  await post('/subscriptions', { name: 'reader', pattern: 'letters.>', start: 'earliest', policy: { maximum_deliveries: 1 } });
  await post('/topics/letters.sent/messages', { payload: { letter: 1 } });
  const pulled = await post('/subscriptions/reader/pull', { maximum: 1 });
  await post('/subscriptions/reader/refuse', { ack_ids: [pulled.items[0].ack_id] });

  await open(page, '/subscriptions/reader');
  const letter = page.getByTestId('dead-letter');
  await expect(letter).toContainText('"letter": 1');
  await letter.getByTestId('redrive').click();
  await expect(page.getByTestId('dead-letter')).toHaveCount(0);
  const again = await post('/subscriptions/reader/pull', { maximum: 1 });
  expect(again.items[0].delivery).toBe(1);
});
