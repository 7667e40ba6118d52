// What is understood: help, and one sentence for every command line that is not. None of these reaches a database, so
// they run inside of this process, but for one of each exit code.
import { describe, expect } from 'vitest';
import { test } from '../shared/cli.ts';
import { runHere } from '../shared/commands.ts';

const commands = [
  'serve',
  'demo',
  'subject',
  'issue',
  'revoke',
  'sessions',
  'introspect',
  'statistics',
  'keys',
  'import',
  'audit',
  'purge',
  'backup',
  'restore',
  'copy',
  'doctor',
];

describe('help', () => {
  test.for([['--help'], ['-h'], ['help']])('%s lists every command', async (args) => {
    const { code, stdout, stderr } = await runHere(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} +[A-Z].*$`, 'm'));
    expect(stdout).toContain('Usage: refract COMMAND [OPTIONS]');
  });

  test('no command at all is answered with the same, and is not understood', async () => {
    const { code, stdout, stderr } = await runHere([]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(stdout).toBe((await runHere(['--help'])).stdout);
  });

  test.for(commands)('%s --help shows its usage and explains every option that the usage has', async (command) => {
    const { code, stdout, stderr } = await runHere([command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [usage = ''] = stdout.split('\n');
    expect(usage).toContain(`Usage: refract ${command} `);
    const explained = stdout.slice(usage.length);
    const options = usage.match(/--[\w-]+/g) ?? [];
    // A copy has two databases.
    expect(options).toEqual(expect.arrayContaining([command === 'copy' ? '--from' : '--db', '--config']));
    for (const option of options) expect(explained).toMatch(new RegExp(`^ {2}.*${option}\\b.* {2}\\S`, 'm'));
    for (const option of explained.match(/^ {2}--[\w-]+/gm) ?? []) expect(usage).toContain(option.trim());
  });

  test('help is given wherever it is asked for, even beside what is wrong', async () => {
    for (const args of [
      ['issue', '-h'],
      ['issue', '--count', '0', '--help'],
    ]) {
      expect(await runHere(args)).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: refract issue') });
    }
  });
});

describe('a command line that is not understood gets one sentence and the exit code 2', () => {
  test.for<[line: string, sentence: string | RegExp]>([
    ['nope', 'There is no command nope; refract --help lists them.'],
    ['--version', 'There is no command --version; refract --help lists them.'],
    ['toString', 'There is no command toString; refract --help lists them.'],
    ['Serve', 'There is no command Serve; refract --help lists them.'],

    ['serve --prot 1', "Unknown option '--prot'."],
    ['serve -p 1', "Unknown option '-p'."],
    ['serve 8080', '8080 is one word too many.'],
    ['copy postgres://a:secret@h/x', 'An address without its option is one word too many.'],
    ['keys list postgres://a:secret@h/x', 'An address without its option is one word too many.'],
    ['serve --port', "Option '--port <value>' argument missing."],
    ['serve --port --demo', "Option '--port' argument is ambiguous."],
    ['serve --demo=yes', "Option '--demo' does not take an argument."],
    ['serve --port abc', '--port must be a whole number from 0 to 65535, not "abc".'],
    ['serve --port 65536', '--port must be a whole number from 0 to 65535, not "65536".'],
    ['serve --port=-1', '--port must be a whole number from 0 to 65535, not "-1".'],
    ['serve --port 80.5', '--port must be a whole number from 0 to 65535, not "80.5".'],
    ['serve --port=', '--port must be a whole number from 0 to 65535, not "".'],
    ['serve --host=', '--host must not be empty.'],
    ['serve --db=', '--db must not be empty.'],
    ...['sqlite:var/refract.db', 'http://refract', ':memory:'].map((file): [line: string, sentence: string] => [
      `sessions --db ${file}`,
      '--db must be the path of a file, without an address or a scheme (sqlite:, :memory:) and without white space at an end.',
    ]),
    ['serve --config=', '--config must not be empty; leave it out for the default.'],
    ['sessions --config', "Option '--config <value>' argument missing."],
    ['serve --at /api', '--at needs --only, which says what to mount there.'],
    ['serve --only cloudreve --at api', '--at must be a path such as /api/v4 or /, not "api".'],
    ['serve --only cloudreve --at //', '--at must be a path such as /api/v4 or /, not "//".'],
    ['serve --only cloudreve --at /a/../b', '--at must be a path such as /api/v4 or /, not "/a/../b".'],
    ['serve --only cloudreve --at /a?b', '--at must be a path such as /api/v4 or /, not "/a?b".'],
    ['serve --only cloudreve --at /:a', '--at must be a path such as /api/v4 or /, not "/:a".'],
    ['serve --only cloudreve --at=', '--at must be a path such as /api/v4 or /, not "".'],

    ['demo now', 'now is one word too many.'],
    ['demo --count 2', "Unknown option '--count'."],
    ['demo --port x', '--port must be a whole number from 0 to 65535, not "x".'],
    ['demo --at /', '--at needs --only, which says what to mount there.'],

    ['keys', 'What to do (list, publish, import, rotate, remove, compromise) is missing.'],
    ['keys burn fib', 'Keys cannot be told to burn; refract keys --help lists what they can.'],
    ['keys publish', 'The contract is missing.'],
    ['keys remove', 'The key set is missing.'],
    ['keys list fib', 'fib is one word too many.'],
    ['keys rotate fib --force', '--force does not go with rotate.'],
    ['keys import fib', '--access-key or --legacy-refresh-key is missing.'],
    ['keys publish fib --access-key x', '--access-key does not go with publish.'],
    ['audit --format xml', '--format must be table or json, not xml.'],
    ['audit --limit 0', '--limit must be a whole number from 1 to 10000, not "0".'],
    [
      'audit --type nope',
      '--type must be one of issued, refused, reused, revoked, store_behind, subject_put, subject_disabled, subject_enabled, subject_deleted, credentials_changed, key_set_added, key_set_promoted, key_set_removed, key_sets_compromised, imported, not "nope".',
    ],
    ...['yesterday', '2026-13-01', '2026-01-31T12:00:00', '-1', ''].map((since): [line: string, sentence: string] => [
      `audit --since=${since}`,
      `--since must be a time such as 2026-01-31T12:00:00Z, a day of UTC, or seconds since 1970, not "${since}".`,
    ]),
    ['audit now', 'now is one word too many.'],

    ['subject', 'What to do (add, show, disable, enable, remove or credentials-changed) is missing.'],
    ['subject add', 'The id of the subject is missing.'],
    ['subject show --db x', 'The id of the subject is missing.'],
    ['subject drop', 'A subject cannot be told to drop; refract subject --help lists what it can.'],
    ['subject drop bob', 'A subject cannot be told to drop; refract subject --help lists what it can.'],
    ['subject add bob alice', 'alice is one word too many.'],
    ['subject show bob --email b@x', '--email, --account and --role go with add.'],
    ['subject remove bob --role ADMIN', '--email, --account and --role go with add.'],
    ['subject add bob --name Bob', "Unknown option '--name'."],

    ['issue', '--contract is missing.'],
    ['issue --contract fib', '--subject is missing.'],
    ['issue --subject bob', '--contract is missing.'],
    ['issue --contract fib --subject=', '--subject is missing.'],
    ['issue fib bob', 'fib is one word too many.'],
    ['issue --contract fib --subject bob --count 0', '--count must be a whole number from 1 to 1000000, not "0".'],
    ['issue --contract fib --subject bob --count two', '--count must be a whole number from 1 to 1000000, not "two".'],
    ['issue --contract fib --subject bob --count 1e3', '--count must be a whole number from 1 to 1000000, not "1e3".'],
    [
      'issue --contract fib --subject bob --count 1000001',
      '--count must be a whole number from 1 to 1000000, not "1000001".',
    ],
    ['issue --contract fib --subject bob --format xml', '--format must be json or tokens, not xml.'],

    ['revoke', 'Give one of a session id, --subject and --contract.'],
    ['revoke a --subject bob', 'Give one of a session id, --subject and --contract.'],
    ['revoke --subject bob --contract fib', 'Give one of a session id, --subject and --contract.'],
    ['revoke a b', 'b is one word too many.'],
    ['revoke --all', "Unknown option '--all'."],

    ['introspect', 'The file with the token is missing.'],
    [
      'introspect eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJl',
      'A token does not belong on a command line, which others can see; name a file, or - for standard input.',
    ],
    ['statistics --format xml', '--format must be table or json, not xml.'],
    ['statistics fib', 'fib is one word too many.'],

    ['purge now', 'now is one word too many.'],
    ['purge --older-than 1d', '--older-than must be a whole number from 0 to 315360000, not "1d".'],
    ['purge --older-than=-1', '--older-than must be a whole number from 0 to 315360000, not "-1".'],
    ['purge --batch 0', '--batch must be a whole number from 1 to 10000, not "0".'],
    ['purge --batch 10001', '--batch must be a whole number from 1 to 10000, not "10001".'],

    ['backup', 'The file to write is missing.'],
    ['backup a b', 'b is one word too many.'],
    ['backup --file a', "Unknown option '--file'."],

    ['restore', 'The backup to restore is missing.'],
    ['copy', '--from is missing.'],
    ['copy --from sqlite:a', '--to is missing.'],
    [
      'copy --from sqlite:a --to sqlite:b --longest-fence 61',
      '--longest-fence must be a whole number of seconds from 1 to 60.',
    ],
    ['copy --from sqlite:a --to sqlite:b c', 'c is one word too many.'],
    ['restore a --take-over --forget', 'Give one of --take-over and --forget.'],
    ['restore a b', 'b is one word too many.'],

    ['doctor now', 'now is one word too many.'],
    ['doctor --port x', '--port must be a whole number from 0 to 65535, not "x".'],

    ['sessions bob', 'bob is one word too many.'],
    ['sessions --format yaml', '--format must be table or json, not yaml.'],
    ['sessions --subjects bob', "Unknown option '--subjects'."],
  ])('refract %s', async ([line, sentence]) => {
    expect(await runHere(line.split(' '))).toEqual({ code: 2, stdout: '', stderr: `refract: ${sentence}\n` });
  });
});

test('a process ends with 0 for what was done, 1 for what could not be done and 2 for what was not understood', async ({
  place,
}) => {
  expect(await place.alone('--help')).toMatchObject({ code: 0, stderr: '' });
  expect(await place.alone('subject', 'show', 'nobody')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'refract: There is no subject nobody.\n',
  });
  expect(await place.alone('serve', '--port', 'abc')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'refract: --port must be a whole number from 0 to 65535, not "abc".\n',
  });
});
