// How `npm run test:slow` runs: what copies this tree, compiles it and starts programs from it.
import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  // Each starts compilers and bundlers; on busy cores that takes its time, and a
  // planted bug may have to be looked for again.
  defineConfig({ test: { include: ['test/**/*.slow.ts'], testTimeout: 600_000, hookTimeout: 240_000 } }),
);
