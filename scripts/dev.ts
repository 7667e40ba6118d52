/**
 * The real server and the mock, while documents and sources are being edited: what is saved is served at once and
 * told about; what is broken is told about, and what was served before goes on being served.
 *
 * npm run dev [-- --port 8080 --admin-port 8081 --mock-port 4010 --db FILE]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stopSignal } from '../src/cli/stop-signal.ts';
import { openapiFolder } from '../src/http/documents.ts';
import { startServing, ServingError } from './dev/serving.ts';
import { tellingTo } from './dev/telling.ts';
import { watchFolders } from './dev/watching.ts';
import { createWorkshop } from './dev/workshop.ts';

const sourceFolder = fileURLToPath(new URL('../src', import.meta.url));

/** The command: runs until it is told to stop. @throws ServingError with one sentence */
async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string' },
      'admin-port': { type: 'string' },
      'mock-port': { type: 'string', default: '4010' },
      db: { type: 'string' },
    },
  });
  const { port, 'admin-port': adminPort, 'mock-port': mockPort, db: database } = values;
  if (!/^\d{1,5}$/.test(mockPort) || Number(mockPort) > 65_535) {
    throw new ServingError(`--mock-port must be from 0 to 65535, not ${mockPort}.`);
  }
  const serving = await startServing({ port, adminPort, mockPort: Number(mockPort), database });
  console.log(`Refract on ${serving.origin} (sessions in ${serving.database}), its mocks on ${serving.mockOrigin}.`);
  console.log(`Operators administrate it at ${serving.adminOrigin} (token in ${serving.adminToken}).`);
  for (const line of await serving.demoCalls()) console.log(line);

  const isColoured = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const telling = tellingTo(console.log, isColoured);
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
  console.log('\nSave a file in openapi/ or src/ and it is served at once. Ctrl-C ends.');
  await stopSignal();
  await serving.stop();
  await watching.stop();
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((reason: unknown) => {
    if (!(reason instanceof ServingError) && !(reason instanceof TypeError && 'code' in reason)) throw reason;
    console.error(`dev: ${reason.message.split('\n')[0] ?? ''}`);
    process.exitCode = 1;
  });
}
