import { defineConfig, devices } from '@playwright/test';

// The specs start and stop servers of their own (a kill is part of what they test), so there is no `webServer` here.
// scripts/e2e.sh says which browser (BATON_CHROMIUM), which server (BATON_BIN) and which site (LEPTOS_SITE_ROOT).
const chromium = process.env.BATON_CHROMIUM;
if (!chromium) {
  throw new Error('BATON_CHROMIUM names no browser: run scripts/e2e.sh, which finds one');
}

const runsAsRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: '.',
  outputDir: 'test-results',
  // One server is killed and timed: a neighbour on the same two cores would change what is measured.
  workers: 1,
  fullyParallel: false,
  // A test that needs a second try has found something.
  retries: process.env.CI ? 1 : 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    timezoneId: 'UTC',
    locale: 'en-GB',
    // Nothing is waited for that only moves; the dashboard leaves motion out for whoever asks for it.
    contextOptions: { reducedMotion: 'reduce' },
    trace: { mode: 'retain-on-failure', screenshots: false },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: chromium,
      args: [
        // What Chromium asks the outside world for by itself only delays a run, and fails where there is no outside.
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        // Chromium's sandbox refuses to start for root.
        ...(runsAsRoot ? ['--no-sandbox'] : []),
      ],
    },
  },
});
