// Runs a command of the workbench in this process.
import type { Output } from '../../scripts/command.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param run the command's own function */
export async function runHere(
  run: (args: readonly string[], output: Output) => Promise<number>,
  ...args: readonly string[]
): Promise<Ran> {
  let [stdout, stderr] = ['', ''];
  const code = await run(args, { stdout: (text) => (stdout += text), stderr: (text) => (stderr += text) });
  return { code, stdout, stderr };
}
