import { defineConfig } from '@playwright/test';

import base from './playwright.config';

// What is timed is no test: `make bench` runs it, on a machine that does nothing else.
export default defineConfig(base, {
  testDir: 'measure',
  testMatch: '*.measure.ts',
  retries: 0,
  timeout: 300_000,
});
