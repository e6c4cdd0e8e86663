// Can people declare topics, publish, and deal with what could not be delivered?
import { expect, open, test } from './fixtures/test';

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

test('a dead letter can be delivered again', async ({ dashboard: page, server }) => {
  const api = `${server.url}/api/v1`;
  const post = async (path: string, data: object) => {
    const answer = await page.request.post(`${api}${path}`, { data, headers: { origin: server.url } });
    expect(answer.ok(), await answer.text()).toBe(true);
    return answer.json();
  };
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
