// The configuration file: every command reads it, and an invalid one gets one sentence.
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test, type Place } from '../shared/cli.ts';

const secret = 'a-secret-of-more-than-thirty-two-characters';

function configure(place: Place, ...lines: string[]): string {
  const file = join(place.folder, 'refract.env');
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}

/** Unsets the environment of `place`, which would override the file. */
const nothing = { REFRACT_DB: undefined, PORT: undefined, REFRACT_ADMIN_PORT: undefined };

test('server and commands read all settings from one configuration file', async ({ place }) => {
  const database = join(place.folder, 'of the file.db');
  const file = configure(
    place,
    '# Refract on this machine',
    `REFRACT_DB="${database}"`,
    'PORT=0',
    'REFRACT_ADMIN_PORT=0',
    `REFRACT_MASTER_SECRET=${secret}`,
    `REFRACT_ADMIN_TOKEN='ops:${secret}'`,
  );
  const serving = await place.serveWith({ environment: nothing }, '--only', 'xerial', '--demo', '--config', file);
  const printed = await serving.prints(/^curl /m);
  expect(printed).toContain(`(sessions in ${database})`);
  expect(printed).toMatch(new RegExp(`^npm run -s refract -- demo .*--config ${file}`, 'm'));
  expect(existsSync(join(place.folder, 'master.key'))).toBe(false);

  const adminOrigin = /^Operators administer it at (\S+)$/m.exec(printed)?.[1] ?? '';
  const answer = await fetch(`${adminOrigin}/admin/v1/statistics`, { headers: { authorization: `Bearer ${secret}` } });
  expect(answer.status).toBe(200);
  const environment = { ...nothing, REFRACT_CONFIG: file };
  const added = await place.refractWith({ environment }, 'subject', 'add', 'alice');
  expect(added).toMatchObject({ code: 0, stderr: '' });
  const issued = await place.refractWith({ environment }, 'issue', '--contract', 'fib', '--subject', 'alice');
  expect(issued).toMatchObject({ code: 0, stderr: '' });
  expect(existsSync(place.database)).toBe(false);
});

test('doctor lists settings of the file and overridden ones, without values', async ({ place }) => {
  const file = configure(place, 'REFRACT_DB=elsewhere.db', 'PORT=0', `REFRACT_MASTER_SECRET=${secret}`);
  const ended = await place.refract('doctor', '--config', file);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(ended.stdout).toContain(
    `ok    settings       from ${file}: REFRACT_MASTER_SECRET; overridden elsewhere: PORT, REFRACT_DB\n`,
  );
  expect(ended.stdout).toContain(place.database);
  expect(ended.stdout).not.toContain(secret);
});

test.for([['sessions'], ['serve'], ['subject', 'show', 'bob'], ['backup', 'copy.db'], ['keys', 'list']])(
  '%s reports what is wrong with the configuration file, and does nothing',
  async (args, { place }) => {
    const file = configure(place, '# first', 'REFRACT_HOTS=::1');
    const ended = await place.refract(...args, '--config', file);
    expect(ended).toEqual({
      code: 1,
      stdout: '',
      stderr: `refract: ${file}:2: Unknown setting REFRACT_HOTS. Did you mean REFRACT_HOST?\n`,
    });
    expect(existsSync(place.database)).toBe(false);
  },
);

test('doctor reports an unusable configuration file as a finding', async ({ place }) => {
  const file = configure(place, `REFRACT_ADMIN_TOKEN=${secret}`);
  chmodSync(file, 0o644);
  for (const [path, sentence] of [
    [file, `${file} contains REFRACT_ADMIN_TOKEN and is open to others; run: chmod 600 ${file}`],
    ['missing.env', `The configuration file ${join(place.folder, 'missing.env')} does not exist.`],
  ] as const) {
    const ended = await place.refractWith({ environment: { REFRACT_CONFIG: path } }, 'doctor');
    expect(ended).toMatchObject({ code: 1, stderr: 'refract: 1 check failed.\n' });
    expect(ended.stdout).toContain(`FAIL  configuration  ${sentence}\n`);
    expect(ended.stdout).not.toContain(secret);
  }
});
