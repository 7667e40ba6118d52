// refract import: another server's subjects and living sessions, so that nobody has to sign in again.
import { createReadStream } from 'node:fs';
import { isUnavailable, RefractError } from '../errors.ts';
import type { ImportSummary } from '../app/app.ts';
import {
  byCommandLine,
  commonFlags,
  commonOptions,
  parse,
  print,
  required,
  setUp,
  withRefract,
  type Command,
} from './command.ts';
import { counted } from './counted.ts';

const rowsBetween = 10_000;

/** Milliseconds. */
const timeBetween = 5_000;

export const importing: Command = {
  usage: 'import FILE [--dry-run] [--db FILE] [--config FILE]',
  summary: "Imports another server's subjects and living sessions",
  options: [
    ['FILE', 'a JSON object a line (NDJSON), subjects before their sessions; - reads standard input'],
    ['--dry-run', 'look at every row, and change nothing'],
    ...commonOptions,
  ],
  run: async (rest) => {
    const { values, positionals } = parse(rest, { 'dry-run': { type: 'boolean' }, ...commonFlags }, 1);
    const file = required(positionals[0], 'The file to import');
    const dryRun = values['dry-run'] === true;
    const begun = performance.now();
    const tell = progressTelling(begun);
    let last: ImportSummary | undefined;

    await withRefract(await setUp({ database: values.db, configFile: values.config }), async ({ bulkImport }) => {
      const importing = bulkImport(chunksOf(file), {
        dryRun,
        asking: byCommandLine,
        onBadRow: (line, problem) => process.stderr.write(`line ${String(line)}: ${problem}\n`),
        onProgress: (summary) => {
          last = summary;
          tell(summary);
        },
      });
      const summary = await importing.catch((reason: unknown) => brokenOff(reason, last, dryRun));
      printSummary(summary, dryRun, performance.now() - begun);
      if (summary.bad > 0)
        throw new RefractError(
          'command',
          `${counted(summary.bad, 'row')} could not be imported; standard error tells each of them.`,
        );
    });
  },
};

async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  try {
    // Both are streams of bytes as long as no encoding is set.
    yield* (file === '-' ? process.stdin : createReadStream(file)) as AsyncIterable<Buffer>;
  } catch (reason) {
    const code = reason instanceof Error && 'code' in reason ? String(reason.code) : 'unknown';
    throw new RefractError('command', `The file ${file} cannot be read (${code}).`);
  }
}

/** Every so many rows, or every few seconds. */
function progressTelling(begun: number): (summary: ImportSummary) => void {
  let told = { rows: 0, at: begun };
  return ({ rows }) => {
    const now = performance.now();
    const isDue = Math.floor(rows / rowsBetween) > Math.floor(told.rows / rowsBetween) || now - told.at >= timeBetween;
    if (!isDue) return;
    told = { rows, at: now };
    process.stderr.write(`${counted(rows, 'row')}, ${rate(rows, now - begun)}\n`);
  };
}

function rate(rows: number, milliseconds: number): string {
  return `${String(Math.round((rows * 1_000) / Math.max(milliseconds, 1)))} rows/s`;
}

function printSummary({ rows, subjects, sessions, bad }: ImportSummary, dryRun: boolean, milliseconds: number): void {
  const added = dryRun ? 'would be imported' : 'imported';
  const different = subjects.different === 0 ? '' : ` (${String(subjects.different)} of them differ from the file)`;
  print(`subjects: ${String(subjects.added)} ${added}, ${String(subjects.kept)} there already${different}`);
  print(
    `sessions: ${String(sessions.added)} ${added}, ${String(sessions.kept)} there already, ${String(sessions.over)} over`,
  );
  print(
    `${counted(rows, 'row')}, ${String(bad)} of them bad, in ${(milliseconds / 1_000).toFixed(1)} s (${rate(rows, milliseconds)})`,
  );
}

function brokenOff(reason: unknown, last: ImportSummary | undefined, dryRun: boolean): never {
  if (!isUnavailable(reason) || last === undefined || dryRun) throw reason;
  throw new RefractError(
    'command',
    `The database cannot be used right now: ${reason.message}; of the first ${counted(last.rows, 'row')} the good ones are imported. Import the file again: what is there stays as it is.`,
  );
}
