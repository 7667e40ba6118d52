// `npm run test:browser`: two files at a time, each with its own browser. The tests mostly wait for pages.
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
      maxWorkers: 2,
      // A browser takes several seconds to start on a busy machine.
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  }),
);
