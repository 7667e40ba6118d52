// refract help and refract completion list and explain every command and flag.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { settings } from '../../src/config.ts';
import { runHere } from '../shared/commands.ts';

const commands = [
  ...['serve', 'demo', 'subject', 'issue', 'revoke', 'sessions', 'introspect', 'statistics', 'keys'],
  ...['import', 'audit', 'purge', 'backup', 'restore', 'copy', 'doctor'],
];

async function printed(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(args);
  expect({ code, stderr }, args.join(' ')).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('help', () => {
  test.for([['--help'], ['-h'], ['help']])('help by %s lists every command', async (args) => {
    const help = await printed(...args);
    for (const command of [...commands, 'completion'])
      expect(help).toMatch(new RegExp(`^ {2}${command} .*  [A-Z].*$`, 'm'));
    expect(help).toContain('Usage: refract [options] [command]');
  });

  test('help is printed without a command too, with exit code 2', async () => {
    expect(await runHere([])).toEqual({ code: 2, stdout: await printed('--help'), stderr: '' });
  });

  test.for(commands)('refract %s --help explains its usage and every flag', async (command) => {
    const help = await printed(command, '--help');
    expect(help).toMatch(new RegExp(`^Usage: refract ${command} `));
    // copy has two databases instead.
    for (const flag of [command === 'copy' ? '--from' : '--db', '--config']) {
      expect(help).toMatch(new RegExp(`^ {2}${flag} <\\w+> +\\S`, 'm'));
    }
    for (const flag of help.match(/^ {2}--[\w-]+/gm) ?? []) {
      expect(help).toMatch(new RegExp(`^${flag}( <[\\w-]+>)? {2,}\\S`, 'm'));
    }
    expect(await printed('help', command)).toBe(help);
  });

  test('help explains a flag of a setting by the table of settings', async () => {
    const help = (await printed('serve', '--help')).replaceAll(/\s+/g, ' ');
    for (const { flag, variable, standard, sentence } of Object.values(settings)) {
      if (flag === undefined) continue;
      expect(help).toContain(`${flag} ${sentence.replace(/\.$/, '')} (${variable}; default ${standard})`);
    }
  });

  test('help of an action lists the flags of the action and of its command', async () => {
    for (const flag of ['--at-once', '--db', '--config'])
      expect(await printed('keys', 'rotate', '--help')).toContain(flag);
    expect(await printed('keys', '--help')).toMatch(/^ {2}compromise <contract> +\S/m);
  });

  test('help is printed despite invalid arguments', async () => {
    const help = await printed('issue', '--help');
    expect(await printed('issue', '-h')).toBe(help);
    expect(await printed('issue', '--count', '0', '--nope', '--help')).toBe(help);
  });
});

test('--version prints the version of the package', async () => {
  expect(await printed('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
});

describe('completion', () => {
  test.for<[words: string, some: readonly string[], none: string]>([
    ['', ['serve', 'keys', 'completion', '--version'], 'rotate'],
    ['se', ['serve', 'sessions'], 'keys'],
    ['serve --', ['--port', '--no-console', '--only', '--help'], '--count'],
    ['serve --port 1 --o', ['--only'], '--port'],
    ['keys r', ['rotate', 'remove'], 'restore'],
    ['keys rotate --', ['--at-once', '--db', '--config'], '--force'],
    ['keys rotate fib --a', ['--at-once'], '--db'],
  ])('completion in bash completes "refract %s"', async ([words, some, none]) => {
    const script = await printed('completion', 'bash');
    expect(spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    const list = ['refract', ...words.split(' ')].map((word) => `'${word}'`).join(' ');
    const shellScript = `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _refract; echo "\${COMPREPLY[@]}"`;
    const { stdout } = spawnSync('bash', ['--norc', '-c', shellScript], { encoding: 'utf8' });
    const completed = stdout.trim().split(/\s+/);
    expect(completed).toEqual(expect.arrayContaining([...some]));
    expect(completed).not.toContain(none);
  });

  test.for(['zsh', 'fish'])('completion for %s names every command and its flags', async (shell) => {
    const script = await printed('completion', shell);
    for (const word of [...commands, 'rotate', 'at-once', 'admin-port']) expect(script).toContain(word);
  });
});
