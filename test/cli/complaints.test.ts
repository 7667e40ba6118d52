// What stops a start is told in one sentence on standard error, without a stack trace, and the exit code is 1.
import Database from 'better-sqlite3';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { noDetails, test, type Ended, type Environment, type Place } from '../shared/cli.ts';

const root = join(import.meta.dirname, '..', '..');

describe('the port', () => {
  test('in use is named, and so is what helps', async ({ place, onTestFinished }) => {
    const other = createServer();
    onTestFinished(() => {
      other.close();
    });
    const port = await new Promise<string>((resolve) => {
      other.listen(0, '127.0.0.1', () => {
        const address = other.address();
        resolve(String(typeof address === 'object' ? address?.port : address));
      });
    });
    expect(await place.refract('serve', '--only', 'xerial', '--port', port)).toEqual(
      complaint(
        `Another program listens on port ${port} on 127.0.0.1; stop it, or choose another port with --port or PORT.`,
      ),
    );
  });

  test('of an address that another machine has is not ours to listen on', async ({ place }) => {
    expect(await place.refract('serve', '--only', 'xerial', '--host', '192.0.2.1')).toEqual(
      complaint('192.0.2.1 is not an address of this machine; choose another with --host.'),
    );
  });
});

describe('a database that cannot be used', () => {
  test('because its path leads through a file, is a folder or is a text', async ({ place }) => {
    const text = join(place.folder, 'text');
    writeFileSync(text, 'Dear diary, today I was opened as a database of more than a hundred bytes. '.repeat(3));
    for (const [file, reason] of [
      [join(text, 'below.db'), /EEXIST|ENOTDIR/],
      [place.folder, /EISDIR/],
      [text, /file is not a database/],
    ] as const) {
      const ended = await place.refract('serve', '--db', file);
      expectComplaint(ended, `The database ${file} cannot be opened for writing: `, reason);
    }
    expect(readFileSync(text, 'utf8')).toMatch(/^Dear diary/);
  });

  test('because another program made it', async ({ place }) => {
    const database = new Database(place.database);
    database.exec('CREATE TABLE recipe (id)');
    database.close();
    const before = readFileSync(place.database);
    expect(await place.refract('sessions')).toEqual(
      complaint(`${place.database} is a database of another program; choose another file with --db or REFRACT_DB.`),
    );
    expect(readFileSync(place.database).equals(before), 'not a byte is changed').toBe(true);
  });

  test('because a newer release upgraded it', async ({ place }) => {
    await place.inside(async () => undefined);
    const database = new Database(place.database);
    const known = Number(database.pragma('user_version', { simple: true }));
    database.pragma('user_version = 999');
    database.close();
    expect(await place.refract('serve')).toEqual(
      complaint(
        `${place.database} has schema 999, and this Refract knows schemas up to ${known}; run the newer release that upgraded it.`,
      ),
    );
  });

  test('because another process is writing to it and does not stop', async ({ place }) => {
    await place.inside(async () => undefined);
    const writer = new Database(place.database);
    try {
      writer.exec('BEGIN IMMEDIATE');
      const environment = { REFRACT_BUSY_TIMEOUT: '0' };
      const ended = await place.refractWith({ environment }, 'subject', 'add', 'bob');
      expect(ended).toEqual(
        complaint(
          'The database cannot be used right now: SQLite: database is locked (SQLITE_BUSY); nothing was changed.',
        ),
      );
      // What only reads is not kept from it.
      expect(await place.refractWith({ environment }, 'sessions')).toMatchObject({ code: 0 });
    } finally {
      writer.close();
    }
  });
});

describe('the master secret', () => {
  const issuing = ['issue', '--contract', 'fib', '--subject', 'bob'];
  const withKeys = (place: Place): Promise<void> =>
    place.inside(async ({ store, issue }) => {
      await store.putSubject('bob', noDetails);
      await issue('fib', 'bob');
    });

  test('is not needed to see and to end sessions, and none is made for that', async ({ place }) => {
    await withKeys(place);
    rmSync(join(place.folder, 'master.key'));
    expect(await place.refract('sessions', '--subject', 'bob')).toMatchObject({ code: 0, stderr: '' });
    expect(await place.refract('subject', 'disable', 'bob')).toMatchObject({ code: 0, stderr: '' });
    expect(await place.refract('revoke', '--subject', 'bob')).toMatchObject({
      code: 0,
      stdout: '1 session is revoked.\n',
    });
    expect(existsSync(join(place.folder, 'master.key'))).toBe(false);
  });

  test('that is not the one the keys were sealed under is refused, from the environment and from its file', async ({
    place,
  }) => {
    await withKeys(place);
    const another = 'another secret of more than 32 characters';
    const sentence =
      /^The master secret does not open the keys of \w+ in this database; give the one they were sealed under\.$/;
    const environment = { REFRACT_MASTER_SECRET: another };
    expectComplaint(await place.refractWith({ environment }, 'serve'), sentence);
    writeFileSync(join(place.folder, 'master.key'), another);
    expectComplaint(await place.refract('serve'), sentence);
  });

  test('that is gone while its keys are there is asked for, and no other is made', async ({ place }) => {
    await withKeys(place);
    const file = join(place.folder, 'master.key');
    renameSync(file, join(place.folder, 'kept'));
    expect(await place.refract('serve')).toEqual(
      complaint(
        `The database holds sealed keys, but their master secret is missing: set REFRACT_MASTER_SECRET or put ${file} back.`,
      ),
    );
    const environment = { REFRACT_MASTER_SECRET_FILE: join(place.folder, 'kept') };
    expect(await place.refractWith({ environment }, ...issuing)).toMatchObject({ code: 0, stderr: '' });
  });

  test('that others can read, or that is too short, is refused', async ({ place }) => {
    await withKeys(place);
    const file = join(place.folder, 'master.key');
    chmodSync(file, 0o644);
    expect(await place.refract(...issuing)).toEqual(complaint(`${file} can be read by others; run: chmod 600 ${file}`));
    expect(await place.refractWith({ environment: { REFRACT_MASTER_SECRET: 'short' } }, ...issuing)).toEqual(
      complaint('REFRACT_MASTER_SECRET has 5 characters; it needs at least 32.'),
    );
  });
});

describe('a setting', () => {
  test.for<[setting: Environment, sentence: string]>([
    [{ PORT: 'abc' }, 'PORT must be a whole number from 0 to 65535, not "abc".'],
    [{ REFRACT_LOG_LEVEL: 'loud' }, 'REFRACT_LOG_LEVEL must be one of debug, info, warn, error, silent, not "loud".'],
    [
      { REFRACT_FIB_ACCESS_LIFETIME: '5m' },
      'REFRACT_FIB_ACCESS_LIFETIME must be a whole number from 1 to 315360000, not "5m".',
    ],
    [{ REFRACT_PORT: '8080' }, 'There is no setting REFRACT_PORT; there is PORT.'],
    [{ REFRACT_XERIAL_GRACE: '9' }, 'There is no setting REFRACT_XERIAL_GRACE; the README lists those there are.'],
    [
      { REFRACT_XERIAL_GRACE_PERIOD: '1' },
      'xerial: a grace period of 1 s is refused: seconds are whole, so it may last no time at all.',
    ],
    [
      { REFRACT_KIRJASWAPPI_POLICY: 'single-use' },
      'kirjaswappi: the policy single-use does not fit this contract; it can serve static.',
    ],
  ])('that does not fit, or that there is not, is named: %o', async ([environment, sentence], { place }) => {
    expect(await place.refractWith({ environment }, 'serve')).toEqual(complaint(sentence));
  });
});

describe('a document', () => {
  test('with broken YAML is named with the line', async ({ place }) => {
    await expectDocumentComplaint(place, 'fib', 'openapi: 3.1.0', 'openapi: [3.1.0', /^:\d+: the YAML is broken: /);
  });

  test('with a reference to nothing is named with the line and the reference', async ({ place }) => {
    await expectDocumentComplaint(
      place,
      'fib',
      "$ref: '#/components/schemas/Refused'",
      "$ref: '#/components/schemas/Lost'",
      /^:\d+: the reference #\/components\/schemas\/Lost leads nowhere in this file; correct it\.$/,
    );
  });

  test('with an operation that its adapter does not have is named with the operation', async ({ place }) => {
    await expectDocumentComplaint(
      place,
      'xerial',
      'operationId: refreshTokens',
      'operationId: exchangeTokens',
      /^: the operation exchangeTokens has no handler in the adapter of xerial\.$/,
    );
  });

  test('that a constant reply does not fit is named with operation, reply and place', async ({ place }) => {
    await expectDocumentComplaint(
      place,
      'xerial',
      'const: 401',
      'const: 400',
      /^: refreshTokens answers \w+ with 401, but its body \/code must be equal to constant .*\.$/,
    );
  });

  test('without an adapter is named with the file that is to be written', async ({ place }) => {
    const { main, openapi } = copyOfTheTree(place);
    const text = readFileSync(join(openapi, 'xerial.yaml'), 'utf8');
    writeFileSync(join(openapi, 'sixth.yaml'), text.replace('url: /xerial', 'url: /sixth'));
    const ended = await place.refractWith({ main }, 'serve');
    expectComplaint(ended, `${join(openapi, 'sixth.yaml')} has no adapter`, /src\/contracts\/sixth\.ts/);
  });

  test('whose adapter cannot be read by Node is told in one line, however many Node has for it', async ({ place }) => {
    const { main, folder } = copyOfTheTree(place);
    writeFileSync(join(folder, 'src', 'contracts', 'xerial.ts'), 'enum Colour {\n  Red,\n}\nexport default {;\n');
    expectComplaint(await place.refractWith({ main }, 'serve'), /xerial\.yaml has no adapter that can be loaded/);
    writeFileSync(join(folder, 'src', 'contracts', 'xerial.ts'), "throw new Error('first\\n    at second');\n");
    expectComplaint(await place.refractWith({ main }, 'serve'), /xerial\.yaml has no adapter that can be loaded/);
    writeFileSync(join(folder, 'src', 'contracts', 'xerial.ts'), 'export default {};\n');
    expectComplaint(
      await place.refractWith({ main }, 'serve'),
      /^src\/contracts\/xerial\.ts does not export a contract/,
    );
  });

  test('can be served from a copy of the tree as it is', async ({ place }) => {
    const { main } = copyOfTheTree(place);
    await place.serveWith({ main }, '--only', 'fib');
  });
});

async function expectDocumentComplaint(place: Place, name: string, from: string, to: string, rest: RegExp) {
  const { main, openapi } = copyOfTheTree(place);
  const file = join(openapi, `${name}.yaml`);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
  const { stderr, ...ended } = await place.refractWith({ main }, 'serve');
  expectComplaint({ stderr, ...ended });
  expect(stderr.startsWith(`refract: ${file}`)).toBe(true);
  expect(stderr.trimEnd().slice(`refract: ${file}`.length)).toMatch(rest);
}

/** What the server is made of, where a document may be edited: Node finds the modules by the link. */
function copyOfTheTree(place: Place): { folder: string; main: string; openapi: string } {
  const folder = join(place.folder, 'tree');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const part of ['src', 'openapi', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, main: join(folder, 'src', 'main.ts'), openapi: join(folder, 'openapi') };
}

function complaint(sentence: string): Ended {
  return { code: 1, stdout: '', stderr: `refract: ${sentence}\n` };
}

/** One line, no stack trace, nothing else printed; its sentence begins so or fits. */
function expectComplaint({ code, stdout, stderr }: Ended, ...expected: readonly (string | RegExp)[]): void {
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^refract: [^\n]+\n$/);
  expect(stderr).not.toContain('\n    at ');
  const sentence = stderr.slice('refract: '.length).trimEnd();
  for (const each of expected) {
    if (typeof each === 'string') expect(sentence.slice(0, each.length)).toBe(each);
    else expect(sentence).toMatch(each);
  }
}
