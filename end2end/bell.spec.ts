// Does the bell of an open page ring for each kind of thing that waits for a person or went wrong for them, and lead there?
import { ask } from './fixtures/person';
import { type Api, type Page, type Server, expect, open, pin, signIn, test } from './fixtures/test';

test.use({ serverOptions: { file: 'bell' } });

const ASKS = `name: asks
version: 1
title: Asks before it acts
steps:
  release:
    approve: {message: "May it go out?"}
    uses: diagnostics.echo
    with: {message: out}
`;

const BREAKS = `name: breaks
version: 1
title: Breaks for good
steps:
  broken:
    uses: diagnostics.fail
    with: {times: 9, retryable: false}
`;

interface Conflict {
  id: string;
  revision: number;
}

const bell = (page: Page) => page.getByTestId('bell');
const unread = (page: Page) => page.getByTestId('unread');
const row = (page: Page, kind: string) => page.getByTestId('notification').and(page.locator(`[data-kind="${kind}"]`));

/** What an operation gives to the person whose page it is. */
async function read<T>(page: Page, server: Server, route: string): Promise<T> {
  const answer = await page.request.get(`${server.url}/api/v1${route}`);
  expect(answer.ok(), await answer.text()).toBe(true);
  return (await answer.json()) as T;
}

const readAll = (page: Page, server: Server) => ask(page, server, '/notifications/mark', { read: true });

/** Stores two versions of a line that change the same place of the same one; gives the conflict. */
async function disagree(api: Api, name: string): Promise<Conflict> {
  const put = async (colour: string, base?: number) => {
    const version = { artifact: await api.store(name, `colour: ${colour}\n`), ...(base === undefined ? {} : { base }) };
    return api.post<{ outcome: string; conflict?: Conflict }>(`/lines/${encodeURIComponent(name)}/versions`, version);
  };
  await put('blue');
  await put('green', 1);
  const { outcome, conflict } = await put('red', 1);
  expect(outcome).toBe('conflict');
  return conflict!;
}

/** Opens a decision whose only voter has no opinion, so that the person decides; gives its id. */
async function escalate(api: Api, server: Server, voter: { id: string; page: Page }, person: string): Promise<string> {
  const { id } = await api.openDecision({
    question: 'What becomes of the release?',
    answers: { kind: 'options', options: [{ key: 'ship' }, { key: 'wait' }] },
    electorate: [{ kind: 'user', user_id: voter.id }],
    escalation: { debate: 'never', people: [{ kind: 'user', user_id: person }] },
  });
  const asked = async () => (await read<{ yours?: { kind: string } }>(voter.page, server, `/decisions/${id}`)).yours?.kind;
  await expect.poll(asked).toBe('ballot');
  await ask(voter.page, server, `/decisions/${id}/vote`, { kind: 'abstention' });
  return id;
}

test('each kind of notification rings on an open page, leads to its page, and is read there', async ({ dashboard: page, server, api, browser }) => {
  test.slow();
  const person = { email: 'other@example.test', password: 'a long password of somebody 8' };
  const { id } = await api.post<{ id: string }>('/users', { ...person, role: 'operator' });
  const context = await browser.newContext({ baseURL: server.url });
  await signIn(context, server, person);
  const other = { id, page: await context.newPage() };
  const me = (await read<{ principal: { id: string } }>(page, server, '/auth/me')).principal.id;
  await api.storeWorkflow(ASKS);
  await api.storeWorkflow(BREAKS);
  await readAll(page, server);
  await open(page, '/agents');
  const document = await pin(page);
  await expect(unread(page)).toBeEmpty();

  // Who began a run does not agree to it: somebody else began this one.
  const asking = await ask<{ id: string }>(other.page, server, '/runs', { workflow: 'asks', input: {} });
  await expect(unread(page)).toHaveText('1');
  const approval = await api.approvalOf(asking.id);
  const decision = await escalate(api, server, other, me);
  await expect(unread(page)).toHaveText('2');
  const conflict = await disagree(api, 'harvest.txt');
  await expect(unread(page)).toHaveText('3');
  // Who began a run is told that it failed.
  const failed = await ask<{ id: string }>(page, server, '/runs', { workflow: 'breaks', input: {} });
  await expect(unread(page)).toHaveText('4');
  await expect(bell(page)).toHaveAccessibleName('4 unread notifications');

  const kinds = [
    { kind: 'approval.requested', title: 'Approval needed: May it go out?', link: `/approvals/${approval.id}` },
    { kind: 'decision.escalated', title: 'Decision needed: What becomes of the release?', link: `/decisions/${decision}` },
    { kind: 'conflict.opened', title: 'Conflict to settle: harvest.txt', link: `/conflicts/${conflict.id}` },
    { kind: 'run.failed', title: 'Run failed: Breaks for good', link: `/runs/${failed.id}` },
  ];
  await bell(page).click();
  await expect(page.getByTestId('notification')).toHaveCount(kinds.length);
  for (const { kind, title, link } of kinds) {
    await expect(row(page, kind)).toHaveCount(1);
    await expect(row(page, kind).getByRole('link')).toHaveText(title);
    await expect(row(page, kind).getByRole('link')).toHaveAttribute('href', link);
  }

  let left = kinds.length;
  for (const { kind, link } of kinds) {
    await row(page, kind).getByRole('link').click();
    await expect(page).toHaveURL(new RegExp(`${link}$`));
    left -= 1;
    // Whoever follows a notification has seen it.
    await expect(unread(page)).toHaveText(left === 0 ? '' : String(left));
    await bell(page).click();
    await expect(page.getByTestId('notification')).toHaveCount(left);
  }
  await document.intact();
  await context.close();
});

test('what somebody else settles is off the badge at once', async ({ dashboard: page, server, api }) => {
  await readAll(page, server);
  await open(page, '/agents');
  const document = await pin(page);
  const { id } = await disagree(api, 'settled.txt');
  await expect(unread(page)).toHaveText('1');
  const { conflict } = await api.get<{ conflict: Conflict }>(`/conflicts/${id}`);
  await api.post(`/conflicts/${id}/resolve`, { seen: conflict.revision, choice: 'ours' });
  await expect(unread(page)).toBeEmpty();
  await document.intact();
});
