// Can people replay a run, fork it by saying what a step gave, and compare two runs?
import { type Page, expect, open, pin, test } from './fixtures/test';

test.use({ serverOptions: { file: 'replays' } });

/** Waits for a word from outside, and then does some work. */
const WAITS = `name: mood
version: 1
title: The mood of a text
steps:
  go: {wait: {signal: go, timeout: 1h}}
  mood:
    uses: nlp.sentiment
    needs: [go]
    with: {text: "What a lovely day."}
`;

/** Hands on what its first step gives. */
const RELAY = `name: relay
version: 1
title: Hands on a word
inputs:
  word: {type: string, default: hello}
steps:
  first:
    uses: diagnostics.echo
    with: {message: "\${{ inputs.word }}"}
  second:
    uses: diagnostics.echo
    with: {message: "\${{ steps.first.output.message }}"}
outputs:
  said: \${{ steps.second.output.message }}
`;

interface Run {
  summary: { state: string; forked_from?: { run: string; step: string } };
  outputs?: Record<string, unknown>;
  changes?: { step: string; output?: unknown }[];
}

const state = (page: Page) => page.getByTestId('run-state');

test.beforeAll(async ({ api }) => {
  await api.storeWorkflow(WAITS);
  await api.storeWorkflow(RELAY);
});

test('a run can be replayed once it has ended, and comes to the same', async ({ dashboard: page, api }) => {
  const { id } = await api.startRun('mood', {});
  await open(page, `/runs/${id}`);
  const document = await pin(page);
  await expect(state(page)).toHaveAttribute('data-state', 'running');
  await expect(page.getByTestId('run-replay')).toBeHidden();
  await expect(api.post(`/runs/${id}/replay`)).rejects.toThrow('REPLAY-007');

  await api.post(`/runs/${id}/signals`, { name: 'go' });
  await expect(state(page)).toHaveAttribute('data-state', 'completed', { timeout: 20_000 });
  const replay = page.getByTestId('run-replay');
  await replay.getByRole('button', { name: 'Replay' }).click();
  const report = page.getByTestId('replay-report');
  await expect(report).toHaveAttribute('data-equal', 'true', { timeout: 20_000 });
  await expect(report).toContainText('It came to the same, byte for byte.');
  await expect(report).toContainText(', 1 tasks done again');
  await expect(page.getByTestId('replay-taken')).toContainText('the signal go came');
  await expect(page.getByTestId('replay-divergence')).toBeHidden();

  const href = await page.getByTestId('run-recording').getAttribute('href');
  const recording = (await (await page.request.get(href!)).json()) as { steps: { path: string }[] };
  expect(recording.steps.map(({ path }) => path)).toContain('mood');
  await document.intact();
});

test('a run is forked by saying what a step gave, which has to be JSON that fits', async ({ dashboard: page, api, watch }) => {
  watch.allow(/status of 422/);
  const source = await api.ran('relay');
  await open(page, `/runs/${source}?step=first`);
  await page.getByTestId('fork-step').click();
  const fork = page.getByTestId('output');
  const given = fork.getByLabel('What it gives');
  await expect(given).toHaveValue(/"message": "hello"/);
  await given.fill('good morning');
  await page.getByTestId('fork-output').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'REQUEST-002');
  await expect(page.getByTestId('error')).toContainText('Write valid JSON');
  await given.fill('"good morning"');
  await page.getByTestId('fork-output').click();
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'WORKFLOW-047');
  await expect(given, 'nothing typed is lost').toHaveValue('"good morning"');

  await given.fill('{"message": "good morning"}');
  await fork.getByLabel('Title').fill('Says good morning');
  await page.getByTestId('fork-output').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Says good morning');
  await expect(state(page)).toHaveAttribute('data-state', 'completed', { timeout: 20_000 });
  await expect(page.getByTestId('run-outputs')).toContainText('good morning');
  await expect(page.getByTestId('run-changes')).toContainText('is not done, and gives');
  const id = new URL(page.url()).pathname.split('/').pop()!;
  const forked = await api.get<Run>(`/runs/${id}`);
  expect(forked).toMatchObject({ outputs: { said: 'good morning' }, summary: { forked_from: { run: source, step: 'first' } } });
  expect((await api.get<Run>(`/runs/${source}`)).outputs, 'the run that was forked stays as it is').toEqual({ said: 'hello' });

  await page.getByTestId('compare').click();
  await expect(page.getByTestId('diverges-at')).toHaveText('first');
  await expect(page.getByTestId('left')).toContainText('Hands on a word');
  await expect(page.getByTestId('right')).toContainText('Says good morning');
});

test('two runs of the same are the same, and two of something else part where they differ', async ({ dashboard: page, api }) => {
  const [one, other, third] = [await api.ran('relay'), await api.ran('relay'), await api.ran('relay', { word: 'good night' })];
  await open(page, `/runs/${one}/diff?with=${other}`);
  await expect(page.getByTestId('no-divergence')).toBeVisible();
  await expect(page.getByTestId('diff-counts')).toContainText(': 0 differ,');
  await open(page, `/runs/${one}/diff?with=${third}`);
  await expect(page.getByTestId('no-divergence')).toBeHidden();
  await expect(page.getByTestId('diverges-at')).toHaveText('(input)');
  await expect(page.getByTestId('divergence')).toContainText('it was given something else');
  const places = page.getByTestId('place');
  await expect(places.filter({ hasText: 'good night' }).first()).toContainText('hello');
});

test('a comparison with no run says what its address needs', async ({ dashboard: page, api, watch }) => {
  watch.allow(/status of 404/);
  const id = await api.ran('relay');
  await open(page, `/runs/${id}/diff?with=nothing`);
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'WORKFLOW-041');
  await expect(page.getByTestId('error')).toContainText('names two runs by their ids');
});
