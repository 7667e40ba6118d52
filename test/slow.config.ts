// How `npm run test:slow` runs: what copies this tree, compiles it and starts programs from it.
import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  defineConfig({ test: { include: ['test/**/*.slow.ts'] } }),
);
