// Can people follow the versions of what is shared, which there are, what was merged, which change came too late, and store some themselves?
import { type Api, type Page, expect, open, pin, test } from './fixtures/test';

test.use({ serverOptions: { file: 'lines' } });

interface Put {
  outcome: string;
  version?: { number: number };
  conflict?: { id: string; revision: number };
}

/** Lines that are far enough from one another to be changed by two at once. */
const PARTS = ['title: Harvest', 'place: North', 'crew: 5', 'boxes: 12', 'weather: dry'];
const text = (changed: Record<number, string> = {}) => PARTS.map((part, index) => `${changed[index] ?? part}\n`).join('');

/** Stores a version of a line over another one. */
async function put(api: Api, name: string, content: string, more: { base?: number; policy?: string } = {}): Promise<Put> {
  return api.post(`/lines/${encodeURIComponent(name)}/versions`, { artifact: await api.store(name, content), ...more });
}

const newest = async (api: Api, name: string) =>
  (await api.get<{ line: { newest: { number: number } } }>(`/lines/${encodeURIComponent(name)}`)).line.newest.number;
const listed = (page: Page, name: string) => page.getByTestId('line-row').and(page.locator(`[data-name="${name}"]`));
const version = (page: Page, number: number) => page.getByTestId('line-version').and(page.locator(`[data-number="${number}"]`));
const at = (name: string) => `/lines?name=${encodeURIComponent(name)}`;

test('a line is listed with its newest version, and shows each version as it comes', async ({ dashboard: page, api }) => {
  const name = 'reports/2026.txt';
  await put(api, name, text());
  await open(page, '/lines');
  const document = await pin(page);
  await expect(listed(page, name)).toContainText('by lines');
  await listed(page, name).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
  await expect(page.getByTestId('line-version')).toHaveCount(1);
  await expect(version(page, 1)).toContainText('nothing');

  await put(api, name, text({ 3: 'boxes: 13' }), { base: 1 });
  await expect(version(page, 2)).toContainText('version 1');
  await expect(page.getByTestId('line-version')).toHaveCount(2);
  const href = await version(page, 2).getByRole('link', { name: 'text/plain' }).getAttribute('href');
  expect(await (await page.request.get(href!)).text()).toBe(text({ 3: 'boxes: 13' }));
  await document.intact();
});

test('what two changed at once in different places is merged, and the page says of what', async ({ dashboard: page, api }) => {
  const name = 'merged.txt';
  await put(api, name, text());
  await put(api, name, text({ 0: 'title: Harvest of the year' }), { base: 1 });
  expect(await put(api, name, text({ 4: 'weather: wet' }), { base: 1 })).toMatchObject({ outcome: 'merged', version: { number: 3 } });
  await open(page, at(name));
  await expect(version(page, 3)).toContainText('version 1, merged');
  const href = await version(page, 3).getByRole('link', { name: 'text/plain' }).getAttribute('href');
  expect(await (await page.request.get(href!)).text()).toBe(text({ 0: 'title: Harvest of the year', 4: 'weather: wet' }));
});

test('a change that came too late is refused, or is a conflict that the line leads to', async ({ dashboard: page, api }) => {
  const name = 'late.txt';
  await put(api, name, text());
  await put(api, name, text({ 2: 'crew: 6' }), { base: 1 });
  await expect(put(api, name, text({ 2: 'crew: 7' }), { base: 1, policy: 'refuse' })).rejects.toThrow('CONFLICT-001');
  await expect(put(api, name, text({ 2: 'crew: 7' }), { base: 9 })).rejects.toThrow('There is no version 9');
  expect(await newest(api, name)).toBe(2);

  await open(page, at(name));
  const conflicts = page.getByTestId('line-conflicts');
  await expect(conflicts).toBeHidden();
  const { conflict } = await put(api, name, text({ 2: 'crew: 8' }), { base: 1 });
  // The page hears of it without a reload.
  await expect(conflicts).toContainText('disagrees in 1 place');
  await expect(conflicts.getByRole('link')).toHaveAttribute('href', `/conflicts/${conflict!.id}`);
  await expect(page.getByTestId('line-version')).toHaveCount(2);

  await api.post(`/conflicts/${conflict!.id}/resolve`, { seen: conflict!.revision, choice: 'theirs' });
  await expect(version(page, 3).getByRole('link', { name: 'settled a conflict' })).toHaveAttribute('href', `/conflicts/${conflict!.id}`);
  await expect(conflicts).toBeHidden();
});

test('a name under which nothing was stored says so', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 404/);
  await open(page, at('nothing.txt'));
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'CONFLICT-008');
  await expect(page.getByTestId('error')).toContainText('nothing.txt');
});

/** Chooses a file for the form of a version and sends it. */
async function store(page: Page, content: string): Promise<void> {
  await page.getByTestId('version-file').setInputFiles({ name: 'harvest.txt', mimeType: 'text/plain', buffer: Buffer.from(content) });
  await page.getByTestId('put-version').click();
}

test('a person shares a file under a name, and stores the next version over the one that they saw', async ({ dashboard: page, api }) => {
  const name = 'people/harvest.txt';
  await open(page, '/lines');
  const form = page.getByTestId('store-version');
  await form.getByLabel('Name', { exact: true }).fill(name);
  await store(page, text());
  await expect(page.getByTestId('stored')).toHaveText('Stored as version 1.');
  await expect(form.getByLabel('Name', { exact: true }), 'ready for the next').toHaveValue('');
  await listed(page, name).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);

  // Somebody is faster: what the person saw is what their change stands on.
  const document = await pin(page);
  await put(api, name, text({ 0: 'title: Harvest of the year' }), { base: 1 });
  await expect(version(page, 2)).toBeVisible();
  await expect(form.getByLabel('The version that it stands on')).toHaveValue('1');
  await store(page, text({ 4: 'weather: wet' }));
  await expect(page.getByTestId('stored')).toContainText('what both made is version 3');
  await expect(version(page, 3)).toContainText('version 1, merged');
  await expect(form.getByLabel('The version that it stands on')).toHaveValue('3');

  await put(api, name, text({ 2: 'crew: 6' }), { base: 3 });
  await expect(version(page, 4)).toBeVisible();
  await store(page, text({ 2: 'crew: 7' }));
  await expect(page.getByTestId('stored').getByRole('link')).toHaveAttribute('href', /^\/conflicts\//);
  expect(await newest(api, name)).toBe(4);
  await document.intact();
});

test('under a claim a version is stored only while that is held', async ({ dashboard: page, api, watch }) => {
  watch.allow(/status of 409/);
  const name = 'claimed.txt';
  await put(api, name, text());
  const wanted = [{ resource: `line:${name}`, mode: 'exclusive' }];
  const { claims } = await api.post<{ claims: { fence: number }[] }>('/claims', { wanted, lease_ms: 600_000 });
  await open(page, at(name));
  const form = page.getByTestId('store-version');
  await form.getByLabel('Number of your claim on it').fill(String(claims[0]!.fence));
  await store(page, text({ 2: 'crew: 6' }));
  await expect(page.getByTestId('stored')).toHaveText('Stored as version 2.');
  await api.post('/claims/release', { claims: [{ resource: `line:${name}`, fence: claims[0]!.fence }] });
  await form.getByLabel('Number of your claim on it').fill(String(claims[0]!.fence));
  await store(page, text({ 2: 'crew: 7' }));
  await expect(form.getByTestId('error')).toContainText('nobody holds a claim with this number');
  expect(await newest(api, name)).toBe(2);
});
