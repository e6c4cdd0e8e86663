// Does whoever a decision was escalated to find it, decide it on its page, and does what waited for the verdict go on?
import type { Browser } from '@playwright/test';

import { ask } from './fixtures/person';
import { type Api, type Page, type Server, expect, open, pin, signIn, test } from './fixtures/test';

test.use({ serverOptions: { file: 'escalations' } });

/** Two people vote, a third decides if they disagree, and a step waits for the verdict. */
const RELEASE = `name: release
version: 1
title: Goes out or waits
steps:
  choose:
    decide:
      question: What becomes of the release?
      options: [{key: ship, label: It goes out today}, {key: wait, label: It waits a week}]
      voters: ["ann@example.test", "ben@example.test"]
      rule: plurality
      escalation: {debate: never, people: [{user: "judge@example.test"}]}
  after:
    uses: diagnostics.echo
    needs: [choose]
    with: {message: "\${{ steps.choose.output.key }}"}
outputs:
  said: \${{ steps.after.output }}
`;

interface Decision {
  summary: { state: string; stage: string; verdict?: { by?: string; key?: string; person?: string } };
  yours?: { kind: string; entries?: { label: string; answer: unknown }[] };
}

/** A new member with a page of their own. */
async function member(browser: Browser, server: Server, api: Api, name: string): Promise<{ id: string; page: Page }> {
  const person = { email: `${name}@example.test`, password: 'a long password of somebody 7' };
  const { id } = await api.post<{ id: string }>('/users', { ...person, role: 'operator' });
  const context = await browser.newContext({ baseURL: server.url });
  await signIn(context, server, person);
  return { id, page: await context.newPage() };
}

/** Votes over REST as the person whose page it is, as soon as they are asked. */
async function vote(page: Page, server: Server, decision: string, answer: string): Promise<void> {
  const entries = async () => {
    const response = await page.request.get(`${server.url}/api/v1/decisions/${decision}`);
    return ((await response.json()) as Decision).yours?.entries ?? [];
  };
  await expect.poll(async () => (await entries()).length).toBe(2);
  const entry = (await entries()).find((entry) => JSON.stringify(entry.answer).includes(answer));
  await ask(page, server, `/decisions/${decision}/vote`, { kind: 'choice', choice: entry!.label });
}

const offered = (page: Page, key: string) => page.getByTestId('verdict-choice').and(page.locator(`[data-key="${key}"]`));
const state = (page: Page) => page.getByTestId('decision-state');

test('a person decides what voters could not, on its page, and the run that waited goes on', async ({ dashboard: page, server, api, browser }) => {
  test.slow();
  const ann = await member(browser, server, api, 'ann');
  const ben = await member(browser, server, api, 'ben');
  const judge = await member(browser, server, api, 'judge');
  await api.storeWorkflow(RELEASE);
  const run = await api.startRun('release', {});
  const decisions = async () => (await api.get<{ items: { id: string }[] }>('/decisions')).items;
  await expect.poll(async () => (await decisions()).length).toBe(1);
  const { id } = (await decisions())[0]!;
  await open(page, `/runs/${run.id}`);
  const runs = await pin(page);
  await open(judge.page, '/agents');
  const theirs = await pin(judge.page);
  await open(ann.page, `/decisions/${id}`);

  await vote(ann.page, server, id, 'It goes out today');
  await vote(ben.page, server, id, 'It waits a week');

  await test.step('whoever has to decide hears of it and is led there', async () => {
    await expect(judge.page.getByTestId('unread')).toHaveText('1');
    await judge.page.getByTestId('bell').click();
    const row = judge.page.getByTestId('notification');
    await expect(row).toHaveCount(1);
    await expect(row).toContainText('Decision needed: What becomes of the release?');
    await row.getByRole('link').click();
    await expect(judge.page).toHaveURL(new RegExp(`/decisions/${id}$`));
    await expect(judge.page.getByTestId('yours')).toContainText('You are asked for the verdict');
    await expect(judge.page.getByTestId('verdict-choice')).toHaveCount(2);
  });

  await test.step('nobody else is offered the verdict, and who tries is refused', async () => {
    await expect(state(ann.page)).toContainText('waits for people');
    await expect(ann.page.getByTestId('verdict-choice')).toHaveCount(0);
    const data = { kind: 'choice', key: 'ship' };
    const refused = await ann.page.request.post(`${server.url}/api/v1/decisions/${id}/answer`, { data, headers: { origin: server.url } });
    expect(refused.status()).toBe(403);
    expect(((await refused.json()) as { code: string }).code).toBe('DECISION-020');
    await expect(page.getByTestId('run-state')).toHaveAttribute('data-state', 'running');
  });

  await test.step('the verdict is theirs, for everybody who looks', async () => {
    await offered(judge.page, 'wait').getByRole('radio').check();
    await judge.page.getByTestId('yours').getByLabel('Why', { exact: true }).fill('The tests are red');
    await judge.page.getByTestId('decide').click();
    await expect(judge.page.getByTestId('yours')).toBeHidden();
    for (const at of [judge.page, ann.page]) {
      await expect(state(at)).toHaveAttribute('data-state', 'decided');
      await expect(at.getByTestId('verdict')).toContainText('It waits a week');
      await expect(at.getByTestId('verdict')).toContainText('Decided by a person');
      await expect(at.getByTestId('verdict')).toContainText('The tests are red');
    }
    const { summary } = await api.get<Decision>(`/decisions/${id}`);
    expect(summary.verdict).toMatchObject({ by: 'person', key: 'wait', person: judge.id });
    await theirs.intact();
  });

  await test.step('the run that waited goes on with it', async () => {
    await expect(page.getByTestId('run-state')).toHaveAttribute('data-state', 'completed');
    const { outputs } = await api.get<{ outputs: unknown }>(`/runs/${run.id}`);
    expect(outputs).toEqual({ said: { message: 'wait' } });
    await runs.intact();
  });
  for (const { page } of [ann, ben, judge]) await page.context().close();
});
