// How the tests run, in three projects. A file's ending says which one it belongs to:
//
//   *.test.ts       unit: one process, SQLite, the contract kit over HTTP. `npm test` runs these.
//   *.system.ts     system: processes, threads, PostgreSQL.
//   *.workbench.ts  workbench: tests that copy this tree, compile it, or start the commands of scripts/.
//
// A file that cannot be loaded, or no file at all, is a failure; so is a test left on `.only`.
import { dirname, join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** Set by .ci/run, which counts the tests. */
const report = process.env['VITEST_REPORT'];

function project(
  name: string,
  ending: string,
  options: TestProjectInlineConfiguration['test'],
): TestProjectInlineConfiguration {
  return { extends: true, test: { name, include: [`test/**/*.${ending}.ts`], ...options } };
}

export default defineConfig({
  root: dirname(import.meta.dirname),
  test: {
    // Processes, not threads: a test may change its environment, send signals or load a native driver.
    pool: 'forks',
    // Vitest leaves one core to its main process, which on two cores runs one file at a time.
    maxWorkers: '100%',
    // Files share a process with its loaded modules: our modules have no global state.
    isolate: false,
    setupFiles: join(import.meta.dirname, 'shared', 'compile-cache.ts'),
    allowOnly: false,
    restoreMocks: true,
    unstubEnvs: true,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      project('unit', 'test', { testTimeout: 30_000, hookTimeout: 30_000 }),
      // A process takes a second to start, and several where all cores are busy.
      project('system', 'system', {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        globalSetup: join(import.meta.dirname, 'shared', 'system-setup.ts'),
      }),
      // Compilers and bundlers take long on busy cores, and a planted bug may need several seeds.
      project('workbench', 'workbench', {
        testTimeout: 600_000,
        hookTimeout: 240_000,
        globalSetup: join(import.meta.dirname, 'shared', 'workbench-setup.ts'),
      }),
    ],
  },
});
