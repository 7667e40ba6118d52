// refract import: imports another server's subjects and active sessions, so that users stay signed in.
import { isUnavailable, RefractError } from '../../errors.ts';
import type { ImportSummary } from '../../admin/bulk-import.ts';
import { byCommandLine, formatCount, readInput, type AddCommand } from '../command.ts';

export const importing: AddCommand = (program, cli) =>
  program
    .command('import')
    .description("Imports another server's subjects and active sessions")
    .argument('<file>', 'a JSON object a line (NDJSON), subjects before their sessions; - reads standard input')
    .option('--dry-run', 'check every row, and change nothing')
    .action(async (file, { dryRun = false }, command) => {
      const startedMs = performance.now();
      const printError = (line: string): void => void cli.context.stderr.write(`${line}\n`);
      const printProgress = progressPrinter(startedMs, printError);
      let last: ImportSummary | undefined;
      await cli.withRefract(await cli.setUp(command), async ({ bulkImport }) => {
        const importing = bulkImport(readInput(cli, file), {
          dryRun,
          caller: byCommandLine,
          onBadRow: (line, problem) => {
            printError(`line ${String(line)}: ${problem}`);
          },
          onProgress: (summary) => {
            last = summary;
            printProgress(summary);
          },
        });
        const summary = await importing.catch((reason: unknown) => {
          throw dryRun || last === undefined ? reason : interrupted(reason, last);
        });
        for (const line of summaryLines(summary, dryRun, performance.now() - startedMs)) cli.print(line);
        if (summary.bad === 0) return;
        throw new RefractError(
          'command',
          `${formatCount(summary.bad, 'invalid row')}; standard error lists each of them.`,
        );
      });
    });

/** Progress is printed after so many rows, or so many milliseconds. */
const progressRows = 10_000;
const progressMs = 5_000;

function progressPrinter(startedMs: number, print: (line: string) => void): (summary: ImportSummary) => void {
  let last = { rows: 0, at: startedMs };
  return ({ rows }) => {
    const now = performance.now();
    const isDue = Math.floor(rows / progressRows) > Math.floor(last.rows / progressRows) || now - last.at >= progressMs;
    if (!isDue) return;
    last = { rows, at: now };
    print(`${formatCount(rows, 'row')}, ${formatRate(rows, now - startedMs)}`);
  };
}

function formatRate(rows: number, durationMs: number): string {
  return `${String(Math.round((rows * 1_000) / Math.max(durationMs, 1)))} rows/s`;
}

function summaryLines(summary: ImportSummary, dryRun: boolean, durationMs: number): readonly string[] {
  const { rows, subjects, sessions, bad } = summary;
  const added = dryRun ? 'would be imported' : 'imported';
  const different = subjects.different === 0 ? '' : ` (${String(subjects.different)} of them differ from the file)`;
  const speed = `${(durationMs / 1_000).toFixed(1)} s (${formatRate(rows, durationMs)})`;
  return [
    `subjects: ${String(subjects.added)} ${added}, ${String(subjects.kept)} already present${different}`,
    `sessions: ${String(sessions.added)} ${added}, ${String(sessions.kept)} already present, ${String(sessions.over)} expired`,
    `${formatCount(rows, 'row')}, ${String(bad)} of them invalid, in ${speed}`,
  ];
}

/** Adds the number of imported rows to an `unavailable` error. */
function interrupted(reason: unknown, { rows }: ImportSummary): unknown {
  if (!isUnavailable(reason)) return reason;
  return new RefractError(
    'command',
    `The database is unavailable: ${reason.message}; ${formatCount(rows, 'row')} done. Import the file again: imported rows are skipped.`,
  );
}
