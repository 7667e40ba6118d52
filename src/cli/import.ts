// refract import: imports another server's subjects and active sessions, so that users stay signed in.
import { createReadStream } from 'node:fs';
import { isUnavailable, RefractError } from '../errors.ts';
import type { ImportSummary } from '../admin/bulk-import.ts';
import { byCommandLine, codeOf, counted, withSettings, type AddCommand, type Cli } from './command.ts';

/** Progress is printed after so many rows, or so many milliseconds. */
const progressRows = 10_000;
const progressMs = 5_000;

export const importing: AddCommand = (program, cli) =>
  withSettings(
    program
      .command('import')
      .description("Imports another server's subjects and active sessions")
      .argument('<file>', 'a JSON object a line (NDJSON), subjects before their sessions; - reads standard input')
      .option('--dry-run', 'check every row, and change nothing')
      .action(async (file, { dryRun = false }, command) => {
        const begun = performance.now();
        const complain = (line: string): unknown => cli.surroundings.stderr.write(`${line}\n`);
        const report = progressReporter(begun, complain);
        let last: ImportSummary | undefined;
        await cli.withRefract(await cli.setUp(command), async ({ bulkImport }) => {
          const importing = bulkImport(chunksOf(file, cli), {
            dryRun,
            caller: byCommandLine,
            onBadRow: (line, problem) => complain(`line ${String(line)}: ${problem}`),
            onProgress: (summary) => {
              last = summary;
              report(summary);
            },
          });
          const summary = await importing.catch((reason: unknown) => brokenOff(reason, last, dryRun));
          for (const line of summaryLines(summary, dryRun, performance.now() - begun)) cli.print(line);
          if (summary.bad === 0) return;
          throw new RefractError(
            'command',
            `${counted(summary.bad, 'row')} could not be imported; standard error tells each of them.`,
          );
        });
      }),
  );

async function* chunksOf(file: string, { surroundings, pathOf }: Cli): AsyncGenerator<Uint8Array> {
  try {
    // A stream of bytes as long as no encoding is set.
    yield* file === '-' ? surroundings.stdin : (createReadStream(pathOf(file)) as AsyncIterable<Uint8Array>);
  } catch (reason) {
    throw new RefractError('command', `The file ${file} cannot be read (${codeOf(reason)}).`);
  }
}

function progressReporter(begun: number, complain: (line: string) => unknown): (summary: ImportSummary) => void {
  let last = { rows: 0, at: begun };
  return ({ rows }) => {
    const now = performance.now();
    const isDue = Math.floor(rows / progressRows) > Math.floor(last.rows / progressRows) || now - last.at >= progressMs;
    if (!isDue) return;
    last = { rows, at: now };
    complain(`${counted(rows, 'row')}, ${rate(rows, now - begun)}`);
  };
}

function rate(rows: number, milliseconds: number): string {
  return `${String(Math.round((rows * 1_000) / Math.max(milliseconds, 1)))} rows/s`;
}

function summaryLines(summary: ImportSummary, dryRun: boolean, milliseconds: number): readonly string[] {
  const { rows, subjects, sessions, bad } = summary;
  const added = dryRun ? 'would be imported' : 'imported';
  const different = subjects.different === 0 ? '' : ` (${String(subjects.different)} of them differ from the file)`;
  const speed = `${(milliseconds / 1_000).toFixed(1)} s (${rate(rows, milliseconds)})`;
  return [
    `subjects: ${String(subjects.added)} ${added}, ${String(subjects.kept)} there already${different}`,
    `sessions: ${String(sessions.added)} ${added}, ${String(sessions.kept)} there already, ${String(sessions.over)} over`,
    `${counted(rows, 'row')}, ${String(bad)} of them bad, in ${speed}`,
  ];
}

function brokenOff(reason: unknown, last: ImportSummary | undefined, dryRun: boolean): never {
  if (!isUnavailable(reason) || last === undefined || dryRun) throw reason;
  throw new RefractError(
    'command',
    `The database cannot be used right now: ${reason.message}; of the first ${counted(last.rows, 'row')} the good ones are imported. Import the file again: what is there stays as it is.`,
  );
}
