// Can people find where changes disagree, look at both sides, and settle it once?
import { type Api, type Page, expect, open, pin, test } from './fixtures/test';

test.use({ serverOptions: { file: 'conflicts' } });

interface Conflict {
  id: string;
  state: string;
  revision: number;
  choice?: string;
  version?: number;
  because?: string;
}

interface Detail {
  conflict: Conflict;
  theirs: { artifact: string };
}

interface Line {
  line: { newest: { number: number; artifact: string } };
}

const harvest = (colour: string) => `title: Harvest\ncolour: ${colour}\nboxes: 12\n`;
const state = (page: Page) => page.getByTestId('conflict-state');
const listed = (page: Page, id: string) => page.getByTestId('conflict-row').and(page.locator(`[data-id="${id}"]`));

/** Stores a line and two changes of its second line; gives the conflict of the later one. */
async function disagree(api: Api, name: string): Promise<string> {
  const put = async (colour: string, base?: number) => {
    const version = { artifact: await api.store(name, harvest(colour)), ...(base === undefined ? {} : { base }) };
    return api.post<{ outcome: string; conflict?: Conflict }>(`/lines/${encodeURIComponent(name)}/versions`, version);
  };
  await put('blue');
  await put('green', 1);
  const { outcome, conflict } = await put('red', 1);
  expect(outcome).toBe('conflict');
  return conflict!.id;
}

const detail = async (api: Api, id: string) => api.get<Detail>(`/conflicts/${id}`);
const line = async (api: Api, name: string) => (await api.get<Line>(`/lines/${encodeURIComponent(name)}`)).line;

test('a change that disagrees is in the inbox, is looked at from both sides, and is the newest version once it is kept', async ({ dashboard: page, api }) => {
  const id = await disagree(api, 'harvest.txt');
  await open(page, '/conflicts');
  const document = await pin(page);
  await expect(listed(page, id)).toContainText('1 place');
  await listed(page, id).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('harvest.txt');
  await expect(state(page)).toContainText('waits for a person');
  await expect(page.getByTestId('side')).toHaveCount(3);
  const region = page.getByTestId('region');
  await expect(region).toHaveCount(1);
  for (const said of ['line 2', 'colour: blue', 'colour: green', 'colour: red']) await expect(region).toContainText(said);

  await page.getByRole('radio', { name: 'The change' }).check();
  await page.getByTestId('resolve-conflict').click();
  await expect(state(page)).toHaveAttribute('data-state', 'resolved');
  await expect(page.getByText(/The change\s*, as version 3/)).toBeVisible();
  await expect(page.getByTestId('resolve'), 'what is settled offers nothing more').toBeHidden();
  const { conflict, theirs } = await detail(api, id);
  expect(conflict).toMatchObject({ state: 'resolved', choice: 'theirs', version: 3 });
  expect((await line(api, 'harvest.txt')).newest).toMatchObject({ number: 3, artifact: theirs.artifact });

  await page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Conflicts' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Conflicts');
  await expect(listed(page, id)).toHaveCount(0);
  await page.getByRole('navigation', { name: 'Which conflicts' }).getByRole('link', { name: 'Settled' }).click();
  await expect(listed(page, id)).toHaveAttribute('data-state', 'resolved');
  await expect(listed(page, id)).toContainText('The change');
  await document.intact();
});

test('what somebody made of both is given as a file, and without one nothing is settled', async ({ dashboard: page, api, watch }) => {
  watch.allow(/status of 422/);
  const id = await disagree(api, 'edited.txt');
  await open(page, `/conflicts/${id}`);
  await page.getByRole('radio', { name: 'Something made of both' }).check();
  await page.getByTestId('resolve-conflict').click();
  const error = page.getByTestId('resolve').getByTestId('error');
  await expect(error).toHaveAttribute('data-code', 'REQUEST-002');
  await expect(error).toContainText('Name the artifact with the new content.');
  expect((await detail(api, id)).conflict.state).toBe('open');

  await expect(page.getByRole('radio', { name: 'Something made of both' }), 'what was chosen stays').toBeChecked();
  const both = { name: 'both.txt', mimeType: 'text/plain', buffer: Buffer.from(harvest('green and red')) };
  await page.getByLabel('What you made of both, as a file').setInputFiles(both);
  await page.getByTestId('resolve-conflict').click();
  await expect(state(page)).toHaveAttribute('data-state', 'resolved');
  const { conflict, theirs } = await detail(api, id);
  expect(conflict).toMatchObject({ choice: 'edited', version: 3 });
  const { newest } = await line(api, 'edited.txt');
  expect(newest.number).toBe(3);
  expect(newest.artifact).not.toBe(theirs.artifact);
  const content = await page.request.get(`/api/v1/artifacts/${newest.artifact}/content`);
  expect(await content.text()).toBe(harvest('green and red'));
});

test('a change that does not matter is dismissed with why, and what is stored stays', async ({ dashboard: page, api, watch }) => {
  watch.allow(/status of 422/);
  const id = await disagree(api, 'withdrawn.txt');
  await open(page, `/conflicts/${id}`);
  const dismiss = page.getByTestId('dismiss');
  await dismiss.getByLabel('Why', { exact: true }).fill('   ');
  await page.getByTestId('dismiss-conflict').click();
  await expect(dismiss.getByTestId('error')).toHaveAttribute('data-code', 'REQUEST-002');
  await expect(dismiss.getByTestId('error')).toContainText('Write 1 to 500 bytes.');

  await dismiss.getByLabel('Why', { exact: true }).fill('The harvest is withdrawn');
  await page.getByTestId('dismiss-conflict').click();
  await expect(state(page)).toHaveAttribute('data-state', 'dismissed');
  await expect(page.getByText('The harvest is withdrawn')).toBeVisible();
  await expect(dismiss).toBeHidden();
  expect((await detail(api, id)).conflict.because).toBe('The harvest is withdrawn');
  expect((await line(api, 'withdrawn.txt')).newest.number).toBe(2);
});

test('what somebody else settles is shown at once, and is settled only once', async ({ dashboard: page, api }) => {
  const id = await disagree(api, 'elsewhere.txt');
  await open(page, `/conflicts/${id}`);
  const document = await pin(page);
  await expect(page.getByTestId('resolve')).toBeVisible();
  const { revision } = (await detail(api, id)).conflict;
  await api.post(`/conflicts/${id}/resolve`, { seen: revision, choice: 'ours' });
  await expect(state(page)).toHaveAttribute('data-state', 'resolved');
  await expect(page.getByText(/What is stored\s*, no new version/)).toBeVisible();
  await expect(page.getByTestId('resolve')).toBeHidden();
  await expect(api.post(`/conflicts/${id}/dismiss`, { seen: revision, because: 'Too late' })).rejects.toThrow('CONFLICT-004');
  await document.intact();
});

test('an address without a conflict says where to look', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 404/);
  await open(page, '/conflicts/nothing');
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'CONFLICT-007');
  await expect(page.getByTestId('error')).toContainText('look for it on the page Conflicts');
});
