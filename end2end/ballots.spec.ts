// Are ballots of every kind cast and shown, with who had no opinion and who said something else, and does a run's graph lead to what decides and runs for it?
import { type Browser } from '@playwright/test';

import { type Page, type Server, expect, open, pin, signIn, test } from './fixtures/test';

test.use({ serverOptions: { file: 'ballots' } });

const PEOPLE = ['first', 'second', 'third', 'fourth'].map((name) => ({
  email: `${name}@example.test`,
  password: `a long password of the ${name} 1`,
}));

test.beforeAll(async ({ api }) => {
  for (const { email, password } of PEOPLE) await api.createUser(email, password, 'operator');
});

/** Opens a folded part of the form. */
const unfold = (page: Page, title: string) => page.getByText(title, { exact: true }).click();

/** Fills in the form of a decision of the first few people, but for what a rule needs besides. */
async function question(page: Page, text: string, rule: string, people: number): Promise<void> {
  await open(page, '/decisions/new');
  await page.getByLabel('Question').fill(text);
  await page.getByLabel('Answers to choose from').fill('ship: It goes out today\nwait: It waits a week\nstop: It does not go out');
  await page.getByLabel('Rule').selectOption(rule);
  await unfold(page, 'People by address, and weights');
  const addresses = PEOPLE.slice(0, people).map(({ email }) => email);
  await page.getByLabel('People by address', { exact: true }).fill(addresses.join('\n'));
}

async function opened(page: Page): Promise<string> {
  await page.getByTestId('open-decision').click();
  await expect(page).toHaveURL(/\/decisions\/[0-9a-f-]{36}$/);
  return new URL(page.url()).pathname;
}

/** What somebody does on the ballot that a page asks them for. */
async function vote(browser: Browser, server: Server, who: number, path: string, act: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ baseURL: server.url });
  await signIn(context, server, PEOPLE[who]!);
  const page = await context.newPage();
  await open(page, path);
  await act(page);
  await expect(page.getByTestId('yours')).toBeHidden();
  await context.close();
}

const entry = (page: Page, answer: string) => page.getByTestId('vote-entry').filter({ hasText: answer });
const choice = (page: Page, key: string) => page.getByTestId('choice').and(page.locator(`[data-key="${key}"]`));
const decided = (page: Page) => expect(page.getByTestId('decision-state')).toHaveAttribute('data-state', 'decided', { timeout: 20_000 });

test('who approves of several, who has no opinion and who dissents is shown when the voting is over', async ({ dashboard: page, server, browser }) => {
  await question(page, 'What is good enough?', 'approval', 4);
  const path = await opened(page);
  const document = await pin(page);
  await vote(browser, server, 0, path, async (theirs) => {
    await entry(theirs, 'It goes out today').getByRole('checkbox').check();
    await entry(theirs, 'It waits a week').getByRole('checkbox').check();
    await theirs.getByTestId('vote').click();
  });
  await vote(browser, server, 1, path, async (theirs) => {
    await entry(theirs, 'It waits a week').getByRole('checkbox').check();
    await theirs.getByTestId('vote').click();
  });
  await vote(browser, server, 2, path, async (theirs) => {
    await entry(theirs, 'It does not go out').getByRole('checkbox').check();
    await theirs.getByLabel('Why').fill('It was never tested');
    await theirs.getByTestId('vote').click();
  });
  await expect(page.getByTestId('dissent')).toBeHidden();
  await vote(browser, server, 3, path, (theirs) => theirs.getByTestId('abstain').click());

  await decided(page);
  await expect(page.getByTestId('verdict')).toContainText('It waits a week');
  await expect(page.getByTestId('verdict')).toContainText('1 voter said something else.');
  for (const [key, ballots] of [['wait', 2], ['ship', 1], ['stop', 1]] as const) {
    await expect(choice(page, key).getByTestId('ballot')).toHaveCount(ballots);
  }
  await expect(choice(page, 'wait')).toContainText('2 by the rule');
  // Who approves of the verdict, too, has said nothing else.
  await expect(page.getByTestId('dissent')).toHaveCount(1);
  await expect(page.getByTestId('dissent')).toContainText(`${PEOPLE[2]!.email} put first: It does not go out`);
  await expect(page.getByTestId('dissent')).toContainText('It was never tested');
  await expect(page.getByTestId('abstained').getByTestId('ballot')).toHaveCount(1);
  await expect(page.getByTestId('abstained')).toContainText(PEOPLE[3]!.email);
  const count = page.getByTestId('count').locator('td');
  await expect(count.nth(1)).toHaveText('3');
  await expect(count.nth(2)).toHaveText('1');
  await document.intact();
});

test('scores are given on the scale that was set, and shown as they were given', async ({ dashboard: page, server, browser }) => {
  await question(page, 'How good is each?', 'score', 2);
  await unfold(page, 'Scores and synthesis');
  await page.getByLabel('Scores from').fill('0');
  await page.getByLabel('Scores to').fill('5');
  const path = await opened(page);
  await vote(browser, server, 0, path, async (theirs) => {
    const field = entry(theirs, 'It goes out today').getByRole('spinbutton');
    await expect(field).toHaveAttribute('min', '0');
    await expect(field).toHaveAttribute('max', '5');
    await field.fill('5');
    await entry(theirs, 'It waits a week').getByRole('spinbutton').fill('1.5');
    await theirs.getByTestId('vote').click();
  });
  await vote(browser, server, 1, path, async (theirs) => {
    await entry(theirs, 'It goes out today').getByRole('spinbutton').fill('2');
    await entry(theirs, 'It waits a week').getByRole('spinbutton').fill('4');
    await entry(theirs, 'It does not go out').getByRole('spinbutton').fill('0');
    await theirs.getByTestId('vote').click();
  });

  await decided(page);
  await expect(page.getByTestId('verdict')).toContainText('It goes out today');
  await expect(choice(page, 'ship').getByTestId('ballot')).toContainText('ship 5, wait 1.5');
  await expect(choice(page, 'wait').getByTestId('ballot')).toContainText('ship 2, stop 0, wait 4');
  await expect(choice(page, 'stop')).toContainText('Nobody put it first.');
  await expect(page.getByTestId('dissent')).toHaveCount(1);
  await expect(page.getByTestId('dissent')).toContainText(`${PEOPLE[1]!.email} put first: It waits a week`);
  await expect(page.getByTestId('tally-row').first()).toHaveAttribute('data-key', 'ship');
});

const WITHIN = `name: within
version: 1
title: Within
steps:
  rest: {uses: diagnostics.sleep, with: {milliseconds: 20}}
`;

const ACROSS = `name: across
version: 1
title: Across
steps:
  part:
    title: Another workflow
    uses: workflow:within
  choose:
    title: The release
    needs: [part]
    decide:
      question: What becomes of the release?
      options: [ship, wait]
      voters: [${PEOPLE[0]!.email}]
      rule: plurality
`;

const node = (page: Page, id: string) => page.getByTestId('graph-node').and(page.locator(`[data-id="${id}"]`));
/** Where the work of the step that is looked at is done. */
const doneBy = (page: Page, words: string) => page.getByTestId('step').getByRole('link', { name: words });

test('the graph of a run leads to the run below a step and to the decision of a step, and back', async ({ dashboard: page, api, server, browser }) => {
  await api.storeWorkflow(WITHIN);
  await api.storeWorkflow(ACROSS);
  const { id } = await api.startRun('across', {});
  await open(page, `/runs/${id}`);
  const document = await pin(page);
  await expect(node(page, 'part')).toContainText('Workflow: Another workflow');
  await expect(node(page, 'part')).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
  await expect(node(page, 'choose')).toContainText('Decision: The release');
  await expect(node(page, 'choose')).toHaveAttribute('data-state', 'running');

  await test.step('the run below says of which step it is part', async () => {
    await expect(node(page, 'part')).toHaveAttribute('href', `/runs/${id}?step=part`);
    await node(page, 'part').click();
    await doneBy(page, 'run of Another workflow').click();
    await expect(page.getByTestId('run-state')).toHaveAttribute('data-state', 'completed');
    await expect(node(page, 'rest')).toHaveAttribute('data-state', 'completed');
    expect(new URL(page.url()).pathname).not.toBe(`/runs/${id}`);
    const above = page.getByRole('link', { name: /^the run / });
    await expect(above).toHaveAttribute('href', `/runs/${id}?step=part`);
    await above.click();
    await expect(node(page, 'part')).toHaveAttribute('aria-current', 'true');
  });

  await test.step('the decision is made, and the run goes on while its page looks on', async () => {
    await node(page, 'choose').click();
    await expect(page).toHaveURL(`/runs/${id}?step=choose`);
    const link = doneBy(page, 'decision of The release');
    await expect(link).toHaveAttribute('href', /^\/decisions\/[0-9a-f-]{36}$/);
    const path = (await link.getAttribute('href'))!;
    await vote(browser, server, 0, path, async (theirs) => {
      await entry(theirs, 'ship').getByRole('radio').check();
      await theirs.getByTestId('vote').click();
    });
    await expect(node(page, 'choose')).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
    await expect(page.getByTestId('run-state')).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
    await expect(page.getByTestId('step')).toContainText('ship');
    await link.click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('What becomes of the release?');
    await expect(page.getByTestId('verdict')).toContainText('ship');
  });
  await document.intact();
});
