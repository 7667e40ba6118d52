// How `npm run test:browser` runs: one file after the other, since each has a browser of its own.
import { dirname, join } from 'node:path';
import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../vitest.config.ts';

export default mergeConfig(
  { ...base, test: { ...base.test, projects: undefined } },
  defineConfig({
    root: dirname(dirname(import.meta.dirname)),
    test: {
      include: ['test/browser/*.browser.ts'],
      // Reports a missing chromium.
      globalSetup: join(dirname(import.meta.dirname), 'shared', 'workbench-setup.ts'),
      fileParallelism: false,
      // A browser takes a second to start, and several where all cores are busy.
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  }),
);
