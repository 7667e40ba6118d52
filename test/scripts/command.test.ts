// All commands of the workbench: help, and errors of one sentence.
import { expect, test } from 'vitest';
import { run as bench } from '../../scripts/bench.ts';
import { Exit, runCommand, type Output } from '../../scripts/command.ts';
import { run as dev } from '../../scripts/dev.ts';
import { run as diff } from '../../scripts/diff.ts';
import { run as docs } from '../../scripts/docs.ts';
import { run as generate } from '../../scripts/generate.ts';
import { run as journeys } from '../../scripts/journeys.ts';
import { run as mock } from '../../scripts/mock.ts';
import { run as newContract } from '../../scripts/new-contract.ts';
import { runHere } from './run-here.ts';

const commands = { bench, dev, diff, docs, generate, journeys, mock, 'new-contract': newContract };
const usageExitCode = (name: string): number => (['generate', 'new-contract'].includes(name) ? 2 : 1);

test.each(Object.entries(commands))('the script %s prints its help', async (name, run) => {
  const { code, stdout, stderr } = await runHere(run, '--help');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(new RegExp(`^Usage: npm run ${name} -- `));
  expect(stdout).toContain('--help');
});

test.each(Object.entries(commands))('the script %s refuses an unknown option with one sentence', async (name, run) => {
  const { code, stdout, stderr } = await runHere(run, 'x', '--hepl');
  expect({ code, stdout }).toEqual({ code: usageExitCode(name), stdout: '' });
  expect(stderr).toBe(`${name}: unknown option '--hepl' (Did you mean --help?)\n`);
});

test.each<[keyof typeof commands, string[], string]>([
  ['bench', ['refreshs'], 'refreshs'],
  ['bench', ['ab'], 'ref'],
  ['bench', ['ab', 'no-such-commit'], 'no-such-commit'],
  ['bench', ['ab', 'HEAD', '--rounds', 'few'], 'few'],
  ['bench', ['ab', 'HEAD', '--contract', 'missing'], 'missing'],
  ['dev', ['--mock-port', '65536'], '65536'],
  ['dev', ['more'], 'arguments'],
  ['diff', ['--fail-on', 'all'], 'all'],
  ['diff', ['--format', 'html'], 'html'],
  ['diff', ['no-such-ref'], 'no-such-ref'],
  ['docs', ['--origin', 'here'], 'here'],
  ['docs', ['--admin-origin', 'https://x/y'], 'https://x/y'],
  ['docs', ['--out'], '--out'],
  ['docs', ['--out', 'package.json'], 'package.json'],
  ['generate', ['more'], 'arguments'],
  ['journeys', ['missing'], 'missing'],
  ['mock', ['missing'], 'missing'],
  ['mock', ['--port', 'many'], 'many'],
  ['mock', ['--port', '65536'], '65536'],
  ['new-contract', [], 'path'],
  ['new-contract', ['a.yaml', 'b.yaml'], 'arguments'],
])('the script %s names the mistake in %j with one sentence', async (name, args, named) => {
  const { code, stdout, stderr } = await runHere(commands[name], ...args);
  expect({ code, stdout }).toEqual({ code: usageExitCode(name), stdout: '' });
  expect(stderr).toMatch(new RegExp(`^${name}: [^\\n]+\\n$`));
  expect(stderr).toContain(named);
});

test('a script prints an error of its action as one sentence, and for Exit nothing', async () => {
  const failing = (reason: Error) => (args: readonly string[], output: Output) =>
    runCommand('x', args, (command) => command.action(() => Promise.reject(reason)), output);
  const broken = new TypeError('x is not a function\nmore');
  expect(await runHere(failing(broken))).toEqual({ code: 1, stdout: '', stderr: 'x: x is not a function\n' });
  expect(await runHere(failing(new Exit(3)))).toEqual({ code: 3, stdout: '', stderr: '' });
});
