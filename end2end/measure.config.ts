import { defineConfig } from '@playwright/test';

import base from './playwright.config';

// What is timed is no test: `make bench` runs it, on a machine that does nothing else.
export default defineConfig(base, {
  testDir: 'measure',
  testMatch: '*.measure.ts',
  // The tests' own folder is emptied by each run of them, and would be by this one.
  outputDir: 'test-results/measure',
  retries: 0,
  timeout: 300_000,
});
