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

test('a topic that is declared again keeps its retention, and its page changes it', async ({ dashboard: page, server }) => {
  const post = poster(page, server);
  await post('/topics', { name: 'kept.long', kind: 'durable', retention: { maximum_age_seconds: 86_400, maximum_messages: 7 } });
  await open(page, '/topics');
  const name = page.getByLabel('Name', { exact: true });
  await name.fill('kept.long');
  await page.getByTestId('declare-topic').click();
  await expect(name, 'it was declared').toHaveValue('');
  await open(page, '/topics/kept.long');
  const facts = page.getByTestId('topic-facts');
  await expect(facts).toContainText('for 1 day or up to 7 of them');

  await expect(page.getByLabel('Kept for, seconds')).toHaveValue('86400');
  await page.getByLabel('Kept at once').fill('9');
  await page.getByTestId('keep-topic').click();
  await expect(facts).toContainText('for 1 day or up to 9 of them');
  await expect(page.getByTestId('changed')).toHaveText('Changed.');
  await expect(page.getByTestId('changed')).toBeFocused();
});

test('a subscription that is made again keeps its policy, and its page changes it', async ({ dashboard: page, server }) => {
  const post = poster(page, server);
  await post('/subscriptions', { name: 'strict', pattern: 'strict.>', policy: { maximum_deliveries: 2, ack_deadline_ms: 5_000 } });
  await open(page, '/topics');
  const form = page.locator('form', { has: page.getByTestId('make-subscription') });
  await form.locator('[name="name"]').fill('strict');
  await form.locator('[name="pattern"]').fill('strict.>');
  await form.locator('summary').click();
  await form.getByLabel('Unacknowledged at once').fill('3');
  await page.getByTestId('make-subscription').click();
  await expect(form.locator('[name="name"]'), 'it was made').toHaveValue('');
  await open(page, '/subscriptions/strict');
  const facts = page.getByTestId('subscription-facts');
  await expect(facts).toContainText('has 5 s for a message; after 2 deliveries it is a dead letter; at most 3 are');

  await expect(page.getByLabel('Time to acknowledge, ms')).toHaveValue('5000');
  await page.getByLabel('Deliveries before it is dead').fill('4');
  await page.getByTestId('serve-subscription').click();
  await expect(facts).toContainText('has 5 s for a message; after 4 deliveries');
  await expect(page.getByTestId('changed')).toHaveText('Changed.');
  await expect(page.getByTestId('changed')).toBeFocused();
});

test('what is out of bounds is refused with its field', async ({ dashboard: page, server, watch }) => {
  watch.allow(/status of 422/);
  await poster(page, server)('/topics', { name: 'kept.short', kind: 'durable' });
  await open(page, '/topics/kept.short');
  await page.getByLabel('Kept for, seconds').fill('1');
  await page.getByTestId('keep-topic').click();
  await expect(page.getByTestId('error')).toContainText('/retention/maximum_age_seconds');
  // By then the page was read anew, had it been read because of the refusal.
  await page.getByLabel('Message').fill('{"order": 17}');
  await page.getByTestId('publish').click();
  await expect(page.getByTestId('message')).toHaveCount(1);
  await expect(page.getByLabel('Kept for, seconds'), 'nothing typed is lost').toHaveValue('1');
  await expect(page.getByTestId('changed')).toBeEmpty();
});

test('a topic that is deleted leaves its page', async ({ dashboard: page, server }) => {
  await poster(page, server)('/topics', { name: 'short.lived', kind: 'durable' });
  await open(page, '/topics/short.lived');
  await page.getByTestId('delete-topic').click();
  await expect(page).toHaveURL(/\/topics$/);
  await expect(page.locator('[data-name="short.lived"]')).toHaveCount(0);
});

test('of two messages with the same key the first is kept', async ({ dashboard: page, server }) => {
  await poster(page, server)('/topics', { name: 'keyed.once', kind: 'durable' });
  await open(page, '/topics/keyed.once');
  for (const said of ['Published.', 'Published before, under the same key: the first one counts.']) {
    await page.locator('[name="payload"]').fill('{"order": 17}');
    await page.getByLabel('Key', { exact: true }).fill('order-17');
    await page.getByTestId('publish').click();
    await expect(page.getByTestId('published')).toHaveText(said);
  }
  await expect(page.getByTestId('message')).toHaveCount(1);
  await expect(page.getByTestId('message')).toContainText('key order-17');
});

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
