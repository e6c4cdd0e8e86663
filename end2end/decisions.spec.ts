// Can people open decisions, vote, count again by another rule, decide what was escalated, and say what was right?
import { type Page, type Server, expect, open, pin, signIn, test } from './fixtures/test';

test.use({ serverOptions: { file: 'decisions' } });

const PEOPLE = [
  { email: 'first@example.test', password: 'a long password for one 1' },
  { email: 'second@example.test', password: 'a long password for two 2' },
];

/** Opens a decision of all operators with the form, and stays on its page. */
async function ask(page: Page, question: string, rule: string): Promise<void> {
  await open(page, '/decisions/new');
  await page.getByLabel('Question').fill(question);
  await page.getByLabel('Answers to choose from').fill('ship: It goes out today\nwait: It waits a week\nstop: It does not go out');
  await page.getByLabel('Rule').selectOption(rule);
  await page.getByLabel('People', { exact: true }).selectOption('operator');
  await page.getByTestId('open-decision').click();
  await expect(page).toHaveURL(/\/decisions\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(question);
}

/** What a person of the electorate does on the page of a decision. */
async function as(browser: import('@playwright/test').Browser, server: Server, who: (typeof PEOPLE)[number], path: string, act: (page: Page) => Promise<void>) {
  const context = await browser.newContext({ baseURL: server.url });
  await signIn(context, server, who);
  const page = await context.newPage();
  await open(page, path);
  await act(page);
  await context.close();
}

const entry = (page: Page, answer: string) => page.getByTestId('vote-entry').filter({ hasText: answer });

test.beforeAll(async ({ api }) => {
  for (const { email, password } of PEOPLE) await api.createUser(email, password, 'operator');
});

test('people vote by ranking, nobody sees the others meanwhile, and the verdict comes with its margin', async ({ dashboard: page, server, browser }) => {
  await ask(page, 'What becomes of the release?', 'schulze');
  const document = await pin(page);
  const path = new URL(page.url()).pathname;
  await expect(page.getByTestId('ballots')).toContainText('when the voting is over');

  await as(browser, server, PEOPLE[0]!, path, async (theirs) => {
    await entry(theirs, 'It goes out today').getByRole('spinbutton').fill('1');
    await entry(theirs, 'It waits a week').getByRole('spinbutton').fill('2');
    await theirs.getByTestId('vote-confidence').fill('0.9');
    await theirs.getByLabel('Why').fill('All tests are green');
    await theirs.getByTestId('vote').click();
    await expect(theirs.getByTestId('yours')).toBeHidden();
  });
  await expect(page.getByTestId('ballots')).not.toContainText('All tests are green');
  await as(browser, server, PEOPLE[1]!, path, async (theirs) => {
    await entry(theirs, 'It goes out today').getByRole('spinbutton').fill('1');
    await entry(theirs, 'It does not go out').getByRole('spinbutton').fill('2');
    await theirs.getByTestId('vote').click();
    await expect(theirs.getByTestId('yours')).toBeHidden();
  });

  await expect(page.getByTestId('decision-state')).toHaveAttribute('data-state', 'decided', { timeout: 20_000 });
  await expect(page.getByTestId('verdict')).toContainText('It goes out today');
  await expect(page.getByTestId('verdict')).toContainText('ahead by');
  const ship = page.getByTestId('choice').and(page.locator('[data-key="ship"]'));
  await expect(ship.getByTestId('ballot')).toHaveCount(2);
  await expect(page.getByTestId('story-step').first()).toBeVisible();
  await document.intact();

  await test.step('the same ballots are counted by another rule', async () => {
    await page.getByTestId('tally-rule').selectOption('borda');
    await expect(page.getByTestId('tally-outcome')).toContainText('Borda decides for It goes out today');
    await expect(page).toHaveURL(/rule=borda/);
    await expect(page.getByTestId('tally-row').first()).toHaveAttribute('data-key', 'ship');
    expect(await page.getByTestId('rule-row').count()).toBeGreaterThan(8);
  });

  await test.step('what turned out to be right is in the lab', async () => {
    await page.getByTestId('later-key').selectOption('ship');
    await page.getByTestId('judge-later').click();
    await expect(page.getByTestId('later-verdict')).toContainText('It goes out today');
    await open(page, '/decisions/lab');
    await expect(page.getByTestId('lab-summary')).toContainText('judged');
    await expect(page.getByTestId('lab-rules')).toContainText('Schulze');
    await expect(page.getByTestId('lab-voters')).toContainText(PEOPLE[0]!.email);
  });
});

test('who does not vote in it is not asked', async ({ dashboard: page }) => {
  await ask(page, 'Who is asked?', 'plurality');
  // The administrator is no operator, and so of no electorate of operators.
  await expect(page.getByTestId('voter-row')).toHaveCount(PEOPLE.length);
  await expect(page.getByTestId('yours')).toBeHidden();
  await page.getByTestId('cancel-decision').click();
  await expect(page.getByTestId('decision-state')).toHaveAttribute('data-state', 'cancelled');
});

/** Opens a folded part of the form. */
const unfold = (page: Page, title: string) => page.getByText(title, { exact: true }).click();

/** Fills in the question and its two answers. */
async function question(page: Page, text: string): Promise<void> {
  await open(page, '/decisions/new');
  await page.getByLabel('Question').fill(text);
  await page.getByLabel('Answers to choose from').fill('ship: It goes out today\nwait: It waits a week');
}

async function opened(page: Page): Promise<string> {
  await page.getByTestId('open-decision').click();
  await expect(page).toHaveURL(/\/decisions\/[0-9a-f-]{36}$/);
  return new URL(page.url()).pathname;
}

/** Both people vote: the first to ship, the second to wait. */
async function differ(browser: import('@playwright/test').Browser, server: Server, path: string): Promise<void> {
  for (const [index, answer] of ['It goes out today', 'It waits a week'].entries()) {
    await as(browser, server, PEOPLE[index]!, path, async (theirs) => {
      await entry(theirs, answer).getByRole('radio').check();
      await theirs.getByTestId('vote').click();
      // They may be asked for the verdict next.
      await expect(theirs.getByTestId('vote')).toBeHidden();
    });
  }
}

const state = (page: Page) => page.getByTestId('decision-state');

test('people by address vote with their weights', async ({ dashboard: page, server, browser }) => {
  await question(page, 'Whose word weighs more?');
  await page.getByLabel('Rule').selectOption('weighted');
  await unfold(page, 'People by address, and weights');
  await page.getByLabel('People by address', { exact: true }).fill(`${PEOPLE[0]!.email}\n${PEOPLE[1]!.email}: 3`);
  await page.getByLabel('One may have half of all weight or more').check();
  const path = await opened(page);
  await expect(page.getByTestId('voter-row').filter({ hasText: PEOPLE[1]!.email })).toContainText('3');
  await differ(browser, server, path);
  await expect(state(page)).toHaveAttribute('data-state', 'decided', { timeout: 20_000 });
  await expect(page.getByTestId('verdict')).toContainText('It waits a week');
});

test('one who would decide alone is refused with the name of the field', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await question(page, 'Who decides alone?');
  await unfold(page, 'People by address, and weights');
  await page.getByLabel('People by address', { exact: true }).fill(`${PEOPLE[0]!.email}: 1\n${PEOPLE[1]!.email}: 3`);
  await page.getByTestId('open-decision').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'DECISION-005');
  await expect(page.getByTestId('error')).toContainText('who votes');
});

test('ties are broken by one after the other', async ({ dashboard: page, server, browser }) => {
  await question(page, 'What breaks a tie?');
  await page.getByLabel('People', { exact: true }).selectOption('operator');
  await unfold(page, 'Ties and margins');
  await page.getByLabel('A tie is broken by').selectOption('borda');
  await page.getByLabel('Then by').selectOption('lot');
  await differ(browser, server, await opened(page));
  await expect(state(page)).toHaveAttribute('data-state', 'decided', { timeout: 20_000 });
  await expect(page.getByTestId('count')).toContainText('tie broken by');
  await expect(page.getByTestId('count')).toContainText('lot');
});

test('what nobody decided is counted again while a person has to decide', async ({ dashboard: page, server, browser, watch }) => {
  watch.allow(/status of 422/);
  await question(page, 'Who breaks the tie?');
  await page.getByLabel('People', { exact: true }).selectOption('operator');
  await page.getByLabel('If that does not decide, a debate').selectOption('never');
  await differ(browser, server, await opened(page));
  await expect(state(page)).toHaveAttribute('data-state', 'escalated', { timeout: 20_000 });
  await expect(page.getByTestId('tally-outcome')).toContainText('does not decide');
  await page.getByLabel('What breaks ties').fill('borda, lot');
  await page.getByTestId('tally-count').click();
  await expect(page).toHaveURL(/tie_break=borda/);
  await expect(page.getByTestId('tally-outcome')).toContainText('decides for');
  await page.getByLabel('How many must have taken part').fill('3');
  await page.getByTestId('tally-count').click();
  await expect(page.getByTestId('tally-outcome')).toContainText('too few took part');
  await page.getByLabel('What breaks ties').fill('coin');
  await page.getByTestId('tally-count').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'DECISION-008');
  await expect(page.getByTestId('tally-count')).toBeVisible();
});

test('agents run a skill within a budget, and answers of their own are compared', async ({ dashboard: page, api }) => {
  await open(page, '/decisions/new');
  await page.getByLabel('Question').fill('How does the customer feel?');
  await page.getByLabel('Agents that have the skill').selectOption('nlp.sentiment');
  await unfold(page, 'Agents answer by a skill');
  await page.getByLabel('What agents run to answer').selectOption('nlp.sentiment');
  await page.getByLabel('Its input, as JSON').fill('{"text": "What a lovely, wonderful day!"}');
  await page.getByLabel('Where the answer is').fill('/label');
  await unfold(page, 'Which answers are the same');
  await page.getByLabel('Answers are the same if they are').selectOption('ignore_case');
  await unfold(page, 'What it may use');
  await page.getByLabel('Tokens').fill('5000');
  await page.getByLabel('Money').fill('0.5');
  const path = await opened(page);
  await expect(state(page)).toHaveAttribute('data-state', 'decided', { timeout: 20_000 });
  await expect(page.getByTestId('verdict')).toContainText(/positive/i);
  const { request } = await api.get<{ request: Record<string, unknown> }>(path);
  expect(request.budget).toEqual({ tokens: 5000, cost: 0.5 });
  expect(request.answers).toEqual({ kind: 'free', canonical: { method: 'exact', ignore_case: true } });
});

test('a synthesis has somebody who writes it', async ({ dashboard: page, server, browser }) => {
  await open(page, '/decisions/new');
  await page.getByLabel('Question').fill('What do we write to the customer?');
  await page.getByLabel('Rule').selectOption('synthesis');
  await page.getByLabel('People', { exact: true }).selectOption('operator');
  await unfold(page, 'Scores and synthesis');
  await page.getByLabel('Who writes one answer out of all').selectOption('prompt.answer');
  const path = await opened(page);
  await expect(page.getByTestId('voter-row').filter({ hasText: 'writes' })).toBeVisible();
  for (const [index, text] of ['We are sorry.', 'It is on its way.'].entries()) {
    await as(browser, server, PEOPLE[index]!, path, async (theirs) => {
      await theirs.getByTestId('vote-text').fill(text);
      await theirs.getByTestId('vote').click();
      await expect(theirs.getByTestId('yours')).toBeHidden();
    });
  }
  // Whether a model is there to write it is another question.
  await expect(page.locator('[data-testid="story-step"][data-stage="synthesising"]')).toBeVisible({ timeout: 20_000 });
});

test('what says nothing with what else is chosen is refused by its name', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await question(page, 'Compared how?');
  await page.getByLabel('People', { exact: true }).selectOption('operator');
  await unfold(page, 'Which answers are the same');
  await page.getByLabel('Answers are the same if they are').selectOption('number');
  await page.getByTestId('open-decision').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'REQUEST-002');
  await expect(page.getByTestId('error')).toContainText('canonical');
});

test('a decision without voters is refused with what to do', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/decisions/new');
  await page.getByLabel('Question').fill('Of nobody?');
  await page.getByLabel('Answers to choose from').fill('yes\nno');
  await page.getByTestId('open-decision').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', /^DECISION-/);
});
