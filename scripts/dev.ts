// The real server and the mock while documents and sources are edited: what is saved is served at once; where it is
// broken, the terminal says so and the state before stays served.
import { fileURLToPath } from 'node:url';
import { stopSignal } from '../src/cli/process.ts';
import { openapiFolder } from '../src/http/documents.ts';
import { parsePort, runCommand, type Output } from './command.ts';
import type { ServedOptions } from './dev/served.ts';
import { startServing } from './dev/serving.ts';
import { tellingTo } from './dev/telling.ts';
import { watchFolders } from './dev/watching.ts';
import { createWorkshop } from './dev/workshop.ts';

const sourceFolder = fileURLToPath(new URL('../src', import.meta.url));

export function run(args: readonly string[], output?: Output): Promise<number> {
  return runCommand(
    'dev',
    args,
    (command, print) =>
      command
        .description('Serves the contracts and their mocks while documents and sources are edited.')
        .option('--port <port>', 'TCP port of the server; the configured one where left out')
        .option('--admin-port <port>', 'TCP port of the admin listener; the configured one where left out')
        .option('--mock-port <port>', 'TCP port of the mocks', parsePort, 4010)
        .option('--db <file>', 'the SQLite file; the configured one where left out')
        .action(({ db, ...ports }) => serve({ port: undefined, adminPort: undefined, ...ports, database: db }, print)),
    output,
  );
}

/** Serves until a signal stops it. */
async function serve(options: ServedOptions, print: (line: string) => void): Promise<void> {
  const serving = await startServing(options);
  print(`Refract on ${serving.origin} (sessions in ${serving.database}), its mocks on ${serving.mockOrigin}.`);
  print(`Operators administrate it at ${serving.adminOrigin} (token in ${serving.adminToken}).`);
  for (const line of await serving.demoCalls()) print(line);

  const isColoured = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const telling = tellingTo(print, isColoured);
  const workshop = createWorkshop(serving, telling);
  const watching = watchFolders([openapiFolder, sourceFolder], (files) =>
    workshop.saved(files).catch((reason: unknown) => {
      // A file that went away while it was read, or a fault of ours: the next save is looked at all the same.
      telling.note('fault', reason instanceof Error ? reason.message : String(reason));
    }),
  );
  serving.onDeath((reason) => {
    telling.note(
      'stopped',
      `The thread that serves has ended, so nothing is served: ${reason}. Save a file to start it again.`,
    );
  });
  workshop.warmUp();
  print('\nSave a file in openapi/ or src/ and it is served at once. Ctrl-C ends.');
  await stopSignal();
  await serving.stop();
  await watching.stop();
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
