// Runs the pinned Redocly CLI in a process of its own.
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const cli = join(dirname(fileURLToPath(import.meta.resolve('@redocly/cli/package.json'))), 'bin', 'cli.js');

/** @param cwd without a Redocly configuration, so that the house rules do not apply @throws with `stderr` where it fails */
export async function runRedocly(
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('REDOCLY_'));
  const settings = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const env = { ...Object.fromEntries(inherited), ...settings, ...environment };
  const running = promisify(execFile)(process.execPath, [cli, ...args], { cwd, env, maxBuffer: 64 * 1024 * 1024 });
  const end = (): unknown => running.child.kill();
  process.once('exit', end);
  return (await running.finally(() => process.off('exit', end))).stdout;
}

/** Returns the standard error of a run that failed. */
export function errorsOf(reason: unknown): string {
  return reason instanceof Error && 'stderr' in reason ? String(reason.stderr) : '';
}
