// Can people put work out to tender, bid for it themselves, take it, and report what came of it?
import { type Api, type Page, expect, isLive, open, pin, test } from './fixtures/test';

test.use({ serverOptions: { file: 'contracts' } });

interface Detail {
  contract: { state: string; winner?: string; bids: number };
  bids: { bidder: string; bid?: { cost: number; eta_ms: number }; refusal?: string; rank?: number }[];
  awards: { bidder: string; accepted: boolean; task?: string }[];
  result?: unknown;
}

const state = (page: Page) => page.getByTestId('contract-state');
const part = (page: Page) => page.getByTestId('contract-part');
const row = (page: Page, kind: string) => page.getByTestId('bid-row').and(page.locator(`[data-bidder^="${kind}:"]`));
const because = (page: Page) => part(page).getByRole('textbox');

/** What the server says of the contract whose page is open. */
async function detail(page: Page, api: Api): Promise<Detail> {
  return api.get(new URL(page.url()).pathname);
}

/** Calls for bids as somebody who may bid too, with a need that no agent has; the contract's page is open afterwards. */
async function callForOneself(page: Page, title: string): Promise<void> {
  await open(page, '/contracts/new?skill=diagnostics.echo');
  await page.getByLabel('Title', { exact: true }).fill(title);
  await page.getByLabel('I may bid too, and do it myself').check();
  await page.getByLabel('Skills and labels that a bidder must have').fill('night-shift');
  await page.getByTestId('call-for-bids').click();
  await expect(page).toHaveURL(/\/contracts\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
}

test('work is called for by a form, an agent does it, and its award leads to the task', async ({ dashboard: page, api }) => {
  await open(page, '/contracts');
  await page.getByTestId('call-for-bids').click();
  await page.getByTestId('contract-skill').selectOption('diagnostics.echo');
  await page.getByTestId('choose-skill').click();
  await expect(page).toHaveURL(/skill=diagnostics\.echo/);
  await isLive(page);
  await page.getByTestId('field-message').fill('counted');
  await page.getByLabel('Title', { exact: true }).fill('Count the boxes');
  await page.getByTestId('call-for-bids').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Count the boxes');
  await expect(state(page)).toHaveAttribute('data-state', 'done', { timeout: 20_000 });
  await expect(page.getByTestId('bid-row')).toHaveCount(1);
  await expect(row(page, 'agent')).toHaveAttribute('data-bidder', 'agent:diagnostics');
  await expect(page.getByTestId('contract-result')).toContainText('task');
  await expect(page.getByTestId('cancel-contract'), 'what has ended cannot be cancelled').toBeHidden();
  const { contract, awards } = await detail(page, api);
  expect(contract).toMatchObject({ state: 'done', winner: 'agent:diagnostics', bids: 1 });

  const award = page.getByTestId('award-row');
  await expect(award).toContainText('accepted');
  await award.getByRole('link', { name: 'task' }).click();
  await expect(page).toHaveURL(new RegExp(`/tasks/${awards[0]!.task}$`));
  await expect(page.getByTestId('state')).toHaveAttribute('data-state', 'completed');
});

test('a person bids, is awarded the work, takes it and reports; an agent that lacks what is needed does not get it', async ({ dashboard: page, api }) => {
  await callForOneself(page, 'Count them at night');
  const document = await pin(page);
  await expect(row(page, 'agent')).toContainText('It lacks night-shift.');
  await expect(part(page)).toContainText('You are called to bid');
  await part(page).getByTestId('bid').click();
  await expect(part(page).getByTestId('error')).toHaveAttribute('data-code', 'REQUEST-002');
  await expect(part(page).getByTestId('error')).toContainText('Write cost and minutes as numbers.');
  expect((await detail(page, api)).contract.state).toBe('called');

  await part(page).getByLabel('Cost', { exact: true }).fill('2.5');
  await part(page).getByLabel('Minutes until it is done').fill('5');
  await part(page).getByTestId('bid').click();
  await expect(part(page)).toContainText('It was awarded to you');
  await expect(row(page, 'user')).toContainText('2.5000');
  await part(page).getByTestId('accept-award').click();
  await expect(part(page)).toContainText('You do it');
  await expect(state(page)).toHaveAttribute('data-state', 'accepted');
  await part(page).getByLabel('What came of it, or why it cannot be done').fill('{"boxes": 12}');
  await part(page).getByTestId('report-award').click();
  await expect(state(page)).toHaveAttribute('data-state', 'done');
  await expect(part(page)).toBeHidden();
  await expect(page.getByTestId('contract-result')).toContainText('boxes: 12');

  const { bids, awards, result } = await detail(page, api);
  expect(result).toEqual({ boxes: 12 });
  expect(awards).toMatchObject([{ accepted: true }]);
  expect(bids.find(({ bid }) => bid)).toMatchObject({ rank: 1, bid: { cost: 2_500_000, eta_ms: 300_000 } });
  await document.intact();
});

test('who does not bid says why, and work that nobody takes ends so', async ({ dashboard: page, api, watch }) => {
  watch.allow(/status of 422/);
  await callForOneself(page, 'Count them on Sunday');
  await part(page).getByTestId('no-bid').click();
  await expect(part(page).getByTestId('error')).toHaveAttribute('data-code', 'REQUEST-002');
  await expect(part(page).getByTestId('error')).toContainText('Write 1 to 500 bytes.');
  await because(page).fill('Sunday is free');
  await part(page).getByTestId('no-bid').click();
  await expect(state(page)).toHaveAttribute('data-state', 'nobody');
  await expect(row(page, 'user')).toContainText('Sunday is free');
  expect((await detail(page, api)).contract).toMatchObject({ state: 'nobody', bids: 0 });

  const id = new URL(page.url()).pathname.split('/').pop()!;
  await open(page, '/contracts?show=ended');
  await expect(page.getByTestId('contract-row').and(page.locator(`[data-id="${id}"]`))).toHaveAttribute('data-state', 'nobody');
  await page.getByRole('navigation', { name: 'Which' }).getByRole('link', { name: 'Going on' }).click();
  await expect(page).toHaveURL(/show=live/);
  await expect(page.getByTestId('contract-row').and(page.locator(`[data-id="${id}"]`))).toHaveCount(0);
});

test('an award is declined with why, and a call is cancelled', async ({ dashboard: page, api, watch }) => {
  watch.allow(/status of 422/);
  await callForOneself(page, 'Count them again');
  await because(page).fill('Not sure yet');
  await part(page).getByLabel('Cost', { exact: true }).fill('0');
  await part(page).getByLabel('Minutes until it is done').fill('1');
  await part(page).getByTestId('bid').click();
  await expect(part(page)).toContainText('It was awarded to you');
  // What was typed before is not said now.
  await expect(because(page)).toHaveValue('');
  await part(page).getByTestId('decline-award').click();
  await expect(part(page).getByTestId('error')).toContainText('Write 1 to 500 bytes.');
  await expect(state(page)).toHaveAttribute('data-state', 'awarded');
  await because(page).fill('Something came between');
  await part(page).getByTestId('decline-award').click();
  // There is nobody else who could.
  await expect(state(page)).toHaveAttribute('data-state', 'nobody');
  await expect(page.getByTestId('award-row')).toContainText('Declined: Something came between');

  await callForOneself(page, 'Count no more');
  await page.getByTestId('cancel-contract').click();
  await expect(state(page)).toHaveAttribute('data-state', 'cancelled');
  await expect(part(page)).toBeHidden();
  expect((await detail(page, api)).contract.state).toBe('cancelled');
});

test('a call by which no bid could be compared is refused, and keeps what was typed', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/contracts/new?skill=diagnostics.echo');
  await page.getByLabel('Title', { exact: true }).fill('By nothing');
  for (const part of ['A low cost counts', 'An early end counts', 'Having what is wanted counts', 'The chance to succeed counts']) {
    await page.getByLabel(part).fill('0');
  }
  await page.getByTestId('call-for-bids').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'CONTRACT-007');
  await expect(page.getByTestId('error')).toContainText('not all of them 0');
  await expect(page.getByLabel('Title', { exact: true })).toHaveValue('By nothing');
});
