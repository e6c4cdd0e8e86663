// Can people see who holds what, claim something themselves, wait for it, give it back, and break what somebody left behind?
import { as, ask } from './fixtures/person';
import { ADMIN, type Api, type Page, expect, open, pin, test } from './fixtures/test';

test.use({ serverOptions: { file: 'claims' } });

interface Claimed {
  complete: boolean;
  claims: { holder: string; state: string; fence?: number }[];
}

const row = (page: Page, resource: string, state: string) =>
  page.getByTestId('claim-row').and(page.locator(`[data-resource="${resource}"][data-state="${state}"]`));
const form = (page: Page) => page.getByTestId('new-claim');

/** A program claims something alone, for ten minutes. */
async function hold(api: Api, resource: string): Promise<{ holder: string; fence: number }> {
  const { claims } = await api.post<Claimed>('/claims', { wanted: [{ resource, mode: 'exclusive' }], lease_ms: 600_000 });
  return { holder: claims[0]!.holder, fence: claims[0]!.fence! };
}

/** A person claims something with the form. */
async function claim(page: Page, resource: string, more: { mode?: string; wait?: string } = {}): Promise<void> {
  await form(page).getByLabel('What is claimed').fill(resource);
  if (more.mode !== undefined) await form(page).getByLabel('How', { exact: true }).selectOption(more.mode);
  if (more.wait !== undefined) await form(page).getByLabel('Minutes to wait if others have it').fill(more.wait);
  await form(page).getByRole('button', { name: 'Claim' }).click();
}

test('a person claims a thing alone, which keeps others out, and gives it back', async ({ dashboard: page, api }) => {
  await open(page, '/claims');
  const document = await pin(page);
  await claim(page, 'path:harvest/2026');
  const held = row(page, 'path:harvest/2026', 'held');
  await expect(held).toContainText('exclusive');
  await expect(held).toContainText(ADMIN.email);
  await expect(form(page).getByLabel('What is claimed'), 'ready for the next').toHaveValue('');
  // It covers what lies beneath.
  await expect(hold(api, 'path:harvest/2026/q1.csv')).rejects.toThrow('CLAIM-008');

  await held.getByTestId('release-claim').click();
  await expect(held).toHaveCount(0);
  const { fence } = await hold(api, 'path:harvest/2026/q1.csv');
  await expect(row(page, 'path:harvest/2026/q1.csv', 'held').locator('td').nth(3)).toHaveText(String(fence));
  await document.intact();
});

test('who wants what others have waits behind them, gives up, or has it once it is free', async ({ dashboard: page, api }) => {
  const other = await hold(api, 'connection:crm');
  await open(page, '/claims?resource=connection%3Acrm');
  const document = await pin(page);
  const waiting = row(page, 'connection:crm', 'waiting');
  await claim(page, 'connection:crm', { mode: 'shared', wait: '5' });
  await expect(waiting).toContainText('shared');
  await expect(waiting).toContainText(other.holder);
  await expect(page.getByTestId('claims-summary')).toContainText('1 request waits');
  await waiting.getByRole('button', { name: 'Wait no longer' }).click();
  await expect(waiting).toHaveCount(0);

  await claim(page, 'connection:crm', { mode: 'shared', wait: '5' });
  await expect(waiting).toHaveCount(1);
  await api.post('/claims/release', { claims: [{ resource: 'connection:crm', fence: other.fence }] });
  // The page hears of it without a reload.
  const held = row(page, 'connection:crm', 'held');
  await expect(held).toContainText(ADMIN.email);
  await expect(held).toHaveCount(1);
  await held.getByTestId('release-claim').click();
  await expect(page.getByTestId('claim-row')).toHaveCount(0);
  await document.intact();
});

test('a claim that somebody left behind is broken with why, and its number is stale', async ({ dashboard: page, api, watch }) => {
  watch.allow(/status of 422/);
  const resource = 'path:left/behind';
  const { holder, fence } = await hold(api, resource);
  await open(page, `/claims?resource=${encodeURIComponent(resource)}`);
  const held = row(page, resource, 'held');
  // Somebody else's is broken, not given back.
  await expect(held.getByTestId('release-claim')).toBeHidden();
  await held.locator('summary').click();
  const why = held.getByLabel(`Why ${holder} loses it`);
  await why.fill('  ');
  await held.getByTestId('break-claim').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'REQUEST-002');
  await expect(page.getByTestId('error')).toContainText('Write 1 to 500 bytes.');

  await why.fill('The host is gone');
  await held.getByTestId('break-claim').click();
  await expect(held).toHaveCount(0);
  const lost = page.getByTestId('broken-claim').filter({ hasText: resource });
  await expect(lost).toHaveAttribute('data-why', 'operator');
  await expect(lost).toContainText(`${ADMIN.email} broke the claim on ${resource}: The host is gone`);
  await expect(api.post('/claims/check', { resource, fence })).rejects.toThrow('The host is gone');
});

test('a name that is none, and a thing that others have, are refused with what to do', async ({ dashboard: page, api, watch }) => {
  watch.allow(/status of (422|409)/);
  await hold(api, 'path:taken');
  await open(page, '/claims');
  const error = form(page).getByTestId('error');
  await claim(page, 'harvest');
  await expect(error).toHaveAttribute('data-code', 'CLAIM-006');
  await expect(error).toContainText('has no kind before a colon');
  await expect(form(page).getByLabel('What is claimed'), 'nothing typed is lost').toHaveValue('harvest');
  await claim(page, 'path:taken/beneath');
  await expect(error).toHaveAttribute('data-code', 'CLAIM-008');
  await expect(row(page, 'path:taken/beneath', 'held')).toHaveCount(0);

  // The filter is told the same of a name.
  await page.getByTestId('filter').getByLabel('On this, above and beneath').fill('harvest');
  await page.getByTestId('filter').getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/resource=harvest/);
  await expect(page.getByRole('heading', { level: 1, name: 'This page could not be read' })).toBeVisible();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'CLAIM-006');
});

test('who may only look on finds what is claimed, and changes nothing', async ({ dashboard: page, api, server, browser }) => {
  await hold(api, 'path:shown/first');
  const mine = { wanted: [{ resource: 'path:shown/second', mode: 'exclusive' }], lease_ms: 600_000 };
  expect((await ask<Claimed>(page, server, '/claims', mine)).complete).toBe(true);
  await as(browser, server, api, 'viewer', '/claims', async (theirs) => {
    await theirs.getByTestId('filter').getByLabel('On this, above and beneath').fill('path:shown');
    await theirs.getByTestId('filter').getByRole('button', { name: 'Filter' }).click();
    await expect(theirs.getByTestId('claim-row')).toHaveCount(2);
    await expect(theirs.getByTestId('claims-summary')).toHaveText('2 claims are held, nobody waits.');
    await expect(theirs.getByTestId('claims').getByRole('button')).toHaveCount(0);
    await expect(form(theirs)).toBeHidden();
  });
});
