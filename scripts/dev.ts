// Serves the real server and the mock while documents and sources are edited. A saved file is served at once; where it is
// invalid, the terminal shows why and the previous version stays served.
import { fileURLToPath } from 'node:url';
import { stopSignal } from '../src/cli/process.ts';
import { openapiFolder } from '../src/http/documents.ts';
import { parsePort, runCommand, type Output } from './command.ts';
import { reportTo } from './dev/report.ts';
import { createSaveHandler } from './dev/saves.ts';
import { startServing } from './dev/serving.ts';
import type { ThreadOptions } from './dev/thread.ts';
import { watchFolders } from './dev/watch.ts';

const sourceFolder = fileURLToPath(new URL('../src', import.meta.url));

export function run(args: readonly string[], output?: Output): Promise<number> {
  return runCommand(
    'dev',
    args,
    (command, print) =>
      command
        .description('Serves the contracts and their mocks while documents and sources are edited.')
        .option('--port <port>', 'TCP port of the server; the configured one unless given')
        .option('--admin-port <port>', 'TCP port of the admin listener; the configured one unless given')
        .option('--mock-port <port>', 'TCP port of the mocks', parsePort, 4010)
        .option('--db <file>', 'the SQLite file; the configured one unless given')
        .action(({ db, ...ports }) =>
          serve({ port: undefined, adminPort: undefined, ...ports, database: db, required: [] }, print),
        ),
    output,
  );
}

/** Serves until a signal stops it. */
async function serve(options: ThreadOptions, print: (line: string) => void): Promise<void> {
  const serving = await startServing(options);
  print(`Refract on ${serving.origin} (sessions in ${serving.database}), its mocks on ${serving.mockOrigin}.`);
  print(`Admin API on ${serving.adminOrigin} (token in ${serving.adminToken}).`);
  for (const reason of serving.unserved()) print(`Not served: ${reason}`);
  for (const line of await serving.demoCalls()) print(line);

  const isColoured = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const report = reportTo(print, isColoured);
  const saves = createSaveHandler(serving, report);
  const watching = watchFolders([openapiFolder, sourceFolder], (files) =>
    saves.handle(files).catch((reason: unknown) => {
      // A file that disappeared while it was read, or a fault: the next save is handled all the same.
      report.note('fault', reason instanceof Error ? reason.message : String(reason));
    }),
  );
  serving.onDeath((reason) => {
    report.note('stopped', `The serving thread ended, so nothing is served: ${reason}. Save a file to start it again.`);
  });
  saves.warmUp();
  print('\nSave a file in openapi/ or src/ and it is served at once. Ctrl-C ends.');
  await stopSignal();
  await serving.stop();
  await watching.stop();
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
