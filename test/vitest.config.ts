// How `npm test` runs. A file that cannot be loaded, or no file at all, is a failure; so is a test left on `.only`.
import { dirname } from 'node:path';
import { defineConfig } from 'vitest/config';

// Set by .ci/run, which counts what ran.
const report = process.env['VITEST_REPORT'];

export default defineConfig({
  root: dirname(import.meta.dirname),
  test: {
    include: ['test/**/*.test.ts'],
    // Processes, not threads: a test may change its environment, send signals or load a native driver.
    pool: 'forks',
    // Vitest leaves one core to its main process, which on two cores runs one file at a time.
    maxWorkers: '100%',
    // Files share a process, and with it what is loaded and warm: nothing of ours keeps state but in what a test makes.
    isolate: false,
    // A process takes a second to start, and several where all cores are busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    allowOnly: false,
    restoreMocks: true,
    unstubEnvs: true,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
