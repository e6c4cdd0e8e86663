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

test('a decision without voters is refused with what to do', async ({ dashboard: page, watch }) => {
  watch.allow(/status of 422/);
  await open(page, '/decisions/new');
  await page.getByLabel('Question').fill('Of nobody?');
  await page.getByLabel('Answers to choose from').fill('yes\nno');
  await page.getByTestId('open-decision').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', /^DECISION-/);
});
