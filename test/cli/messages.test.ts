// The messages for invalid arguments and settings. Exact wording is asserted here alone; other tests assert exit codes and
// values.
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test, type Environment } from '../shared/cli.ts';
import { runHere } from '../shared/commands.ts';

describe('invalid arguments get one sentence and exit code 2', () => {
  test.for<[line: string, sentence: string]>([
    ['nope', 'Unknown command "nope". Did you mean copy?'],
    ['srve', 'Unknown command "srve". Did you mean serve?'],
    ['toString', 'Unknown command "toString"; refract --help lists all commands.'],
    ['Serve', 'Unknown command "Serve". Did you mean serve?'],
    ['help nope', 'Unknown command "nope"; refract --help lists all commands.'],
    ['nope --help', 'Unknown command "nope"; refract --help lists all commands.'],
    ['--nope', 'Unknown option "--nope".'],
    ['serve --prot 1', 'Unknown option "--prot". Did you mean --port?'],
    ['serve -p 1', 'Unknown option "-p".'],
    ['serve --demo=yes', 'Option --demo is unknown or takes no value.'],
    ['serve 8080', 'Unexpected argument "8080".'],
    ['serve extra --only xerial', 'Unexpected argument "extra".'],
    [
      'copy --from sqlite:a --to sqlite:b postgres://a:secret@h/x',
      'Unexpected argument: an address; pass it as the value of an option.',
    ],
    ['keys list postgres://a:secret@h/x', 'Unexpected argument: an address; pass it as the value of an option.'],
    ['serve --port', 'Option --port needs a value.'],
    ['serve --port --demo', 'Option --port needs a value.'],
    ['serve --port abc', '--port must be a whole number from 0 to 65535, not "abc".'],
    ['serve --port 65536', '--port must be a whole number from 0 to 65535, not "65536".'],
    ['serve --port=-1', '--port must be a whole number from 0 to 65535, not "-1".'],
    ['serve --port 80.5', '--port must be a whole number from 0 to 65535, not "80.5".'],
    ['serve --port=', '--port must be a whole number from 0 to 65535, not "".'],
    ['serve --admin-port x', '--admin-port must be a whole number from 0 to 65535, not "x".'],
    ['serve --host=', '--host must not be empty; leave it out for the default.'],
    ['serve --db=', '--db must not be empty; leave it out for the default.'],
    [
      'sessions --db sqlite:var/refract.db',
      '--db must be the path of a file, without a scheme (sqlite:, :memory:) or surrounding white space.',
    ],
    [
      'sessions --db http://refract',
      '--db must be the path of a file, without a scheme (sqlite:, :memory:) or surrounding white space.',
    ],
    [
      'sessions --db :memory:',
      '--db must be the path of a file, without a scheme (sqlite:, :memory:) or surrounding white space.',
    ],
    ['serve --config=', '--config must not be empty; leave it out for the default.'],
    ['sessions --config', 'Option --config needs a value.'],
    ['serve --at /api', '--at needs --only, which names the contract to mount there.'],
    ['serve --only cloudreve --at api', '--at must be a path such as /api/v4 or /, not "api".'],
    ['serve --only cloudreve --at //', '--at must be a path such as /api/v4 or /, not "//".'],
    ['serve --only cloudreve --at /a/../b', '--at must be a path such as /api/v4 or /, not "/a/../b".'],
    ['serve --only cloudreve --at /a?b', '--at must be a path such as /api/v4 or /, not "/a?b".'],
    ['serve --only cloudreve --at /:a', '--at must be a path such as /api/v4 or /, not "/:a".'],
    ['serve --only cloudreve --at=', '--at must be a path such as /api/v4 or /, not "".'],
    ['serve --demo --host 0.0.0.0', '--demo prints valid tokens and needs a loopback address, not 0.0.0.0.'],
    ['demo now', 'Unexpected argument "now".'],
    ['demo --count 2', 'Unknown option "--count".'],
    ['demo --port x', '--port must be a whole number from 0 to 65535, not "x".'],
    ['demo --port 0', '--port must be the port that the server printed, not 0.'],
    ['demo --at /', '--at needs --only, which names the contract to mount there.'],
    ['keys', 'Missing action; use list, publish, rotate, remove, import or compromise.'],
    ['keys burn fib', 'Unknown action "burn"; use list, publish, rotate, remove, import or compromise.'],
    ['keys publish', 'Missing argument contract.'],
    ['keys publish=', 'Unknown action "publish="; use list, publish, rotate, remove, import or compromise.'],
    ['keys remove', 'Missing argument key-set.'],
    ['keys list fib', 'Unexpected argument "fib".'],
    ['keys rotate fib --force', 'Unknown option "--force".'],
    ['keys import fib', 'Missing option --access-key or --legacy-refresh-key.'],
    ['keys import fib --access-key=', 'Missing option --access-key or --legacy-refresh-key.'],
    [
      'keys import fib --access-key a --legacy-refresh-key b',
      '--legacy-refresh-key cannot be combined with another key.',
    ],
    ['keys publish fib --access-key x', 'Unknown option "--access-key".'],
    ['audit --format xml', '--format must be one of table, json, not "xml".'],
    ['audit --limit 0', '--limit must be a whole number from 1 to 10000, not "0".'],
    [
      'audit --type nope',
      '--type must be one of issued, refused, reused, revoked, store_behind, subject_put, subject_disabled, subject_enabled, subject_deleted, credentials_changed, key_set_added, key_set_promoted, key_set_removed, key_sets_compromised, imported, not "nope".',
    ],
    [
      'audit --since=yesterday',
      '--since must be a UTC time such as 2026-01-31T12:00:00Z or seconds since 1970, not "yesterday".',
    ],
    [
      'audit --since=2026-13-01',
      '--since must be a UTC time such as 2026-01-31T12:00:00Z or seconds since 1970, not "2026-13-01".',
    ],
    [
      'audit --since=2026-01-31T12:00:00',
      '--since must be a UTC time such as 2026-01-31T12:00:00Z or seconds since 1970, not "2026-01-31T12:00:00".',
    ],
    ['audit --since=-1', '--since must be a UTC time such as 2026-01-31T12:00:00Z or seconds since 1970, not "-1".'],
    ['audit --since=', '--since must be a UTC time such as 2026-01-31T12:00:00Z or seconds since 1970, not "".'],
    ['audit now', 'Unexpected argument "now".'],
    ['subject', 'Missing action; use add, show, disable, enable, remove or credentials-changed.'],
    ['subject add', 'Missing argument id.'],
    ['subject show --db x', 'Missing argument id.'],
    ['subject drop', 'Unknown action "drop"; use add, show, disable, enable, remove or credentials-changed.'],
    ['subject drop bob', 'Unknown action "drop"; use add, show, disable, enable, remove or credentials-changed.'],
    ['subject add bob alice', 'Unexpected argument "alice".'],
    ['subject show bob --email b@x', 'Unknown option "--email".'],
    ['subject remove bob --role ADMIN', 'Unknown option "--role".'],
    ['subject add bob --name Bob', 'Unknown option "--name".'],
    ['issue', 'Missing option --contract.'],
    ['issue --contract fib', 'Missing option --subject.'],
    ['issue --subject bob', 'Missing option --contract.'],
    ['issue --contract fib --subject=', 'Missing option --subject.'],
    ['issue --contract fib --subject bob extra', 'Unexpected argument "extra".'],
    ['issue --contract fib --subject bob --count 0', '--count must be a whole number from 1 to 1000000, not "0".'],
    ['issue --contract fib --subject bob --count two', '--count must be a whole number from 1 to 1000000, not "two".'],
    ['issue --contract fib --subject bob --count 1e3', '--count must be a whole number from 1 to 1000000, not "1e3".'],
    [
      'issue --contract fib --subject bob --count 1000001',
      '--count must be a whole number from 1 to 1000000, not "1000001".',
    ],
    ['issue --contract fib --subject bob --format xml', '--format must be one of json, tokens, not "xml".'],
    ['revoke', 'Give exactly one of a session id, --subject and --contract.'],
    ['revoke a --subject bob', 'Give exactly one of a session id, --subject and --contract.'],
    ['revoke --subject bob --contract fib', 'Give exactly one of a session id, --subject and --contract.'],
    ['revoke a b', 'Unexpected argument "b".'],
    ['revoke --all', 'Unknown option "--all".'],
    ['introspect', 'Missing argument file.'],
    [
      'introspect eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJl',
      'A token on a command line is visible to others; name a file, or - for standard input.',
    ],
    ['statistics --format xml', '--format must be one of table, json, not "xml".'],
    ['statistics fib', 'Unexpected argument "fib".'],
    ['import', 'Missing argument file.'],
    ['purge now', 'Unexpected argument "now".'],
    ['purge --older-than 1d', '--older-than must be a whole number from 0 to 315360000, not "1d".'],
    ['purge --older-than=-1', '--older-than must be a whole number from 0 to 315360000, not "-1".'],
    ['purge --batch 0', '--batch must be a whole number from 1 to 10000, not "0".'],
    ['purge --batch 10001', '--batch must be a whole number from 1 to 10000, not "10001".'],
    ['backup', 'Missing argument file.'],
    ['backup a b', 'Unexpected argument "b".'],
    ['backup --file a', 'Unknown option "--file".'],
    ['restore', 'Missing argument file.'],
    ['restore a b', 'Unexpected argument "b".'],
    ['restore a --take-over --forget', 'Use either --take-over or --forget, not both.'],
    ['copy', 'Missing option --from.'],
    ['copy --from sqlite:a', 'Missing option --to.'],
    [
      'copy --from mysql://root:secret-word@host/db --to sqlite:b',
      '--from must be sqlite:FILE, or an address such as postgres://refract@127.0.0.1:5432/refract.',
    ],
    [
      'copy --from sqlite:a --to sqlite:b --longest-fence 61',
      '--longest-fence must be a whole number from 1 to 60, not "61".',
    ],
    ['copy --from sqlite:a --to sqlite:b c', 'Unexpected argument "c".'],
    ['doctor now', 'Unexpected argument "now".'],
    ['doctor --port x', '--port must be a whole number from 0 to 65535, not "x".'],
    ['sessions bob', 'Unexpected argument "bob".'],
    ['sessions --format yaml', '--format must be one of table, json, not "yaml".'],
    ['sessions --subjects bob', 'Unknown option "--subjects". Did you mean --subject?'],
    ['completion', 'Missing argument shell.'],
    ['completion csh', 'Unknown shell "csh"; use one of bash, zsh, fish.'],
  ])('refract %s prints one sentence and exits with 2', async ([line, sentence]) => {
    expect(await runHere(line.split(' '))).toEqual({ code: 2, stdout: '', stderr: `refract: ${sentence}\n` });
  });
});

describe('a failure gets one sentence and exit code 1', () => {
  test.for<[line: string, environment: Environment, sentence: string]>([
    ['serve', { PORT: 'abc' }, 'PORT must be a whole number from 0 to 65535, not "abc".'],
    [
      'serve',
      { REFRACT_LOG_LEVEL: 'loud' },
      'REFRACT_LOG_LEVEL must be one of debug, info, warn, error, silent, not "loud".',
    ],
    [
      'serve',
      { REFRACT_FIB_ACCESS_LIFETIME: '5m' },
      'REFRACT_FIB_ACCESS_LIFETIME must be a whole number from 1 to 315360000, not "5m".',
    ],
    ['serve', { REFRACT_HOTS: '::1' }, 'Unknown setting REFRACT_HOTS. Did you mean REFRACT_HOST?'],
    ['serve', { REFRACT_PORT: '8080' }, 'Unknown setting REFRACT_PORT. Did you mean PORT?'],
    ['sessions', { REFRACT_XERIAL_GRACE: '9' }, 'Unknown setting REFRACT_XERIAL_GRACE. The README lists all settings.'],
    [
      'serve',
      { REFRACT_XERIAL_GRACE_PERIOD: '1' },
      'xerial: a grace period of 1 s is refused: times are whole seconds, so it could last no time; use 0, or 2 and more.',
    ],
    [
      'serve',
      { REFRACT_KIRJASWAPPI_POLICY: 'single-use' },
      'kirjaswappi: the policy single-use does not fit this contract; it can serve static.',
    ],
    [
      'sessions',
      { REFRACT_TRUST_PROXY: '10.0.0.0/33' },
      'REFRACT_TRUST_PROXY must be none, a number from 1 to 9, or addresses and networks separated by commas, not "10.0.0.0/33".',
    ],
    [
      'sessions',
      { DATABASE_URL: 'mysql://root:secret@h/x' },
      'DATABASE_URL must be an address such as postgres://refract@127.0.0.1:5432/refract.',
    ],
    [
      'backup file',
      { DATABASE_URL: 'postgres://h/x' },
      'refract backup needs a SQLite file; use pg_dump or pg_basebackup, or name a file with --db.',
    ],
    [
      'revoke --contract nope',
      {},
      'There is no contract nope; there are cloudreve, fib, kirjaswappi, orillion, xerial.',
    ],
    ['import missing', {}, 'Cannot read the file missing (ENOENT).'],
    ['keys import fib --access-key missing', {}, 'Cannot read the key file missing (ENOENT).'],
    ['introspect missing', {}, 'Cannot read the file missing (ENOENT).'],
    ['introspect -', {}, 'There is no token in standard input.'],
    ['sessions --config missing', {}, 'The configuration file FOLDER/missing does not exist.'],
    ['backup new', {}, 'There is no database FOLDER/refract.db to back up.'],
    ['restore missing', {}, 'There is no backup FOLDER/missing.'],
    ['copy --from sqlite:missing --to sqlite:b', {}, 'There is no database FOLDER/missing to copy.'],
    ['subject show alice', {}, 'There is no subject alice.'],
    ['issue --contract fib --subject bob', {}, 'There is no subject bob; add it with: refract subject add bob'],
    ['revoke none', {}, 'There is no active session none; refract sessions lists all.'],
    [
      'serve --only xerial --host 192.0.2.1',
      {},
      '192.0.2.1 is not an address of this machine; choose another with --host or REFRACT_HOST.',
    ],
  ])('refract %s with %o prints one sentence and exits with 1', async ([line, environment, sentence], { place }) => {
    const { code, stdout, stderr } = await place.refractWith({ environment }, ...line.split(' '));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.replaceAll(place.folder, 'FOLDER')).toBe(`refract: ${sentence}\n`);
  });

  test('serve names a port in use and the setting to change', async ({ place, onTestFinished }) => {
    const other = createServer();
    onTestFinished(() => void other.close());
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve());
    });
    const address = other.address();
    const port = String(typeof address === 'object' ? address?.port : address);
    const sentenceFor = (ways: string): string =>
      `refract: Port ${port} on 127.0.0.1 is in use; stop that program, or choose another port with ${ways}.\n`;
    expect(await place.refract('serve', '--only', 'xerial', '--port', port)).toEqual({
      code: 1,
      stdout: '',
      stderr: sentenceFor('--port or PORT'),
    });
    expect(await place.refract('serve', '--only', 'xerial', '--admin-port', port)).toEqual({
      code: 1,
      stdout: '',
      stderr: sentenceFor('--admin-port or REFRACT_ADMIN_PORT'),
    });
  });
});

test('invalid arguments leave the database untouched', async ({ place }) => {
  for (const line of [
    'serve --port abc',
    'revoke --contract nope',
    'serve --demo --host 0.0.0.0',
    'demo --port 1 --only nope',
  ]) {
    expect((await place.refract(...line.split(' '))).code, line).toBeGreaterThan(0);
  }
  expect(existsSync(place.database)).toBe(false);
  expect(existsSync(join(place.folder, 'master.key'))).toBe(false);
});
