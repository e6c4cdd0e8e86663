// Can people open a bargaining over what is shared, make and answer offers for a party, and see what each gets?
import { type Page, expect, open, pin, test } from './fixtures/test';

test.use({ serverOptions: { file: 'bargains' } });

interface Bargain {
  state: string;
  shares?: Record<string, number>;
}

interface Party {
  name: string;
  worth: string;
  voice?: string;
}

const state = (page: Page) => page.getByTestId('bargain-state');
const share = (page: Page, party: string) => page.getByTestId('share').and(page.locator(`[data-party="${party}"]`));

/** Fills in the form. */
async function fillIn(page: Page, title: string, parties: Party[]): Promise<void> {
  await page.getByLabel('What it is').fill(title);
  await page.getByLabel('How many units there are').fill('100');
  for (const [index, { name, worth, voice }] of parties.entries()) {
    const row = page.getByRole('group', { name: `Party ${index + 1}`, exact: true });
    await row.getByLabel('Name', { exact: true }).fill(name);
    await row.getByLabel('What units are worth to it').fill(worth);
    if (voice !== undefined) await row.getByLabel('Who speaks for it').fill(voice);
  }
}

/** Opens a bargaining with the form; its page is open afterwards. */
async function bargain(page: Page, title: string, parties: Party[]): Promise<void> {
  await open(page, '/bargains/new');
  await fillIn(page, title, parties);
  await page.getByTestId('open-bargain').click();
  await expect(page).toHaveURL(/\/bargains\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
}

test('parties for which Baton speaks come to a split by themselves', async ({ dashboard: page, api }) => {
  await bargain(page, 'GPU hours', [
    { name: 'Training', worth: '60 at 5, 40 at 1' },
    { name: 'Serving', worth: '80 at 3' },
  ]);
  await expect(state(page)).toHaveAttribute('data-state', /^(agreed|mediated)$/);
  await expect(page.getByTestId('bargain-part'), 'nobody is asked').toBeHidden();
  expect(await page.getByTestId('bargain-move').count()).toBeGreaterThan(1);
  const path = new URL(page.url()).pathname;
  const { bargain: ended } = await api.get<{ bargain: Bargain }>(path);
  await expect(state(page)).toHaveAttribute('data-state', ended.state);
  const shares = Object.entries(ended.shares ?? {});
  expect(shares).toHaveLength(2);
  for (const [party, units] of shares) await expect(share(page, party)).toHaveText(new RegExp(String.raw`\D${units}\s*$`));
  expect(shares.reduce((sum, [, units]) => sum + units, 0)).toBeLessThanOrEqual(100);

  await open(page, '/contracts?show=ended');
  const listed = page.getByTestId('bargain-row').and(page.locator(`[data-id="${path.split('/').pop()}"]`));
  await expect(listed).toContainText('Training, Serving');
});

test('a person speaks for a party: an offer that is no split is refused, one that is worth it is agreed to', async ({ dashboard: page, api, watch }) => {
  watch.allow(/status of 422/);
  await bargain(page, 'Night hours', [
    { name: 'Analytics', worth: '100 at 1', voice: 'me' },
    // More than forty units are worth nothing more to it.
    { name: 'Nightly', worth: '40 at 2' },
  ]);
  const document = await pin(page);
  const part = page.getByTestId('bargain-part');
  await expect(part).toBeVisible();
  // Who begins is drawn by lot; after the other's offer it is this one's turn.
  const refuse = part.getByTestId('reject-offer');
  if (await refuse.isVisible()) {
    await expect(share(page, 'Nightly')).toContainText('says yes');
    await refuse.click();
  }
  await expect(part.getByTestId('make-offer')).toBeVisible();
  await part.getByLabel('Analytics').fill('90');
  await part.getByLabel('Nightly').fill('40');
  await expect(part.getByRole('status')).toHaveText('130 of 100 units are given out.');
  await part.getByTestId('make-offer').click();
  await expect(part.getByTestId('error')).toHaveAttribute('data-code', 'BARGAIN-005');
  await expect(part.getByTestId('error')).toContainText('more than the 100 units');

  await part.getByLabel('Analytics').fill('60');
  await part.getByTestId('make-offer').click();
  await expect(state(page)).toHaveAttribute('data-state', 'agreed');
  await expect(part).toBeHidden();
  await expect(share(page, 'Analytics')).toHaveText(/\D60\s*$/);
  await expect(page.getByTestId('bargain-move').first()).toContainText('Nightly says yes');
  const { bargain: ended } = await api.get<{ bargain: Bargain }>(new URL(page.url()).pathname);
  expect(ended).toMatchObject({ state: 'agreed', shares: { Analytics: 60, Nightly: 40 } });
  await document.intact();
});

test('a person who speaks for two parties acts for the one whose turn it is', async ({ dashboard: page }) => {
  await bargain(page, 'Both sides', [
    { name: 'Days', worth: '100 at 1', voice: 'me' },
    { name: 'Nights', worth: '100 at 1', voice: 'me' },
  ]);
  const part = page.getByTestId('bargain-part');
  await expect(part.getByTestId('make-offer')).toBeVisible();
  // Who begins is drawn by lot; the other one answers.
  const first = await part.getAttribute('data-party');
  const other = first === 'Days' ? 'Nights' : 'Days';
  await part.getByLabel('Days').fill('50');
  await part.getByLabel('Nights').fill('50');
  await part.getByTestId('make-offer').click();
  await expect(part).toHaveAttribute('data-party', other);
  await part.getByTestId('reject-offer').click();
  await expect(page.getByTestId('bargain-move').first()).toContainText(`${other} says no`);
  // The next round is the other's to begin.
  await expect(part).toHaveAttribute('data-party', other);
  await part.getByLabel('Days').fill('60');
  await part.getByLabel('Nights').fill('40');
  await part.getByTestId('make-offer').click();
  await expect(part).toHaveAttribute('data-party', first!);
  await part.getByTestId('accept-offer').click();
  await expect(state(page)).toHaveAttribute('data-state', 'agreed');
  await expect(share(page, 'Days')).toHaveText(/\D60\s*$/);
});

test('a form that cannot be bargained over says what is wrong, and has room for more parties', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/bargains/new');
  await fillIn(page, 'Alone', [{ name: 'Training', worth: 'a lot' }]);
  await page.getByTestId('open-bargain').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'REQUEST-002');
  await expect(page.getByTestId('error')).toContainText('ten units are worth 5 each');
  await fillIn(page, 'Alone', [{ name: 'Training', worth: '10 at 1' }]);
  await page.getByTestId('open-bargain').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'BARGAIN-001');
  await expect(page.getByTestId('error')).toContainText('two bargain at least');
  await expect(page.getByLabel('What it is')).toHaveValue('Alone');

  await expect(page.getByTestId('party')).toHaveCount(4);
  await page.getByTestId('more-parties').click();
  await expect(page.getByTestId('party')).toHaveCount(8);
});
