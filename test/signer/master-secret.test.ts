// The master secret: given, stored in a file, or created; never created if keys are sealed already.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RefractError } from '../../src/errors.ts';
import { loadMasterSecret } from '../../src/signer/master-secret.ts';
import { temporaryFolder } from '../shared/folder.ts';

const long = 'x'.repeat(32);
const fromFile = (file: string, mayCreate = true) => loadMasterSecret({ secret: undefined, file }, mayCreate);

function fileWith(content: string, mode = '600'): string {
  const file = join(temporaryFolder(), 'master.key');
  writeFileSync(file, content);
  chmodSync(file, Number.parseInt(mode, 8));
  return file;
}

describe('a given secret', () => {
  test('a given master secret is used unchanged, without reading or creating a file', () => {
    const file = join(temporaryFolder(), 'master.key');
    expect(loadMasterSecret({ secret: ` ${long}`, file }, true)).toBe(` ${long}`);
    expect(existsSync(file)).toBe(false);
    expect(loadMasterSecret({ secret: long, file: fileWith('y'.repeat(40)) }, false)).toBe(long);
  });

  test.each([0, 1, 31])('a given master secret of %i characters is refused', (length) => {
    expect(() => loadMasterSecret({ secret: long.slice(0, length), file: 'none' }, true)).toThrow(
      new RefractError('key', `REFRACT_MASTER_SECRET has ${length} characters; it needs at least 32.`),
    );
  });
});

describe('a secret in a file', () => {
  test('a master secret file is created with its folder, for its owner alone', () => {
    const folder = join(temporaryFolder(), 'a', 'b');
    const made = fromFile(join(folder, 'master.key'));
    expect(made).toBe(readFileSync(join(folder, 'master.key'), 'utf8').trim());
    expect([folder, join(folder, 'master.key')].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
  });

  test.each(['600', '400'])('a master secret in a file is used without white space around it, mode %s', (mode) => {
    expect(fromFile(fileWith(`\n${long} \n`, mode), false)).toBe(long);
  });

  test.each(['640', '604', '620', '602', '610', '601', '644', '777'])(
    'a master secret file is refused if others can access it: mode %s',
    (mode) => {
      const file = fileWith(long, mode);
      expect(() => fromFile(file)).toThrow(
        new RefractError('key', `${file} can be read by others; run: chmod 600 ${file}`),
      );
    },
  );

  test.each(['', '\n', 'x'.repeat(31), ` ${'x'.repeat(31)}\n`])(
    'a master secret in a file is refused if it is too short: %j',
    (content) => {
      const file = fileWith(content);
      expect(() => fromFile(file)).toThrow(
        new RefractError('key', `The master secret in ${file} is too short; it needs at least 32 characters.`),
      );
      expect(readFileSync(file, 'utf8')).toBe(content);
    },
  );

  test('a master secret file is refused in one sentence if it cannot be read', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'master.key'), { mode: 0o700 });
    writeFileSync(join(folder, 'file'), '');
    for (const file of [join(folder, 'master.key'), join(folder, 'file', 'master.key')]) {
      expect(() => fromFile(file)).toThrow(expect.objectContaining({ code: 'key' }));
      expect(() => fromFile(file)).toThrow(/^The master secret [^\n]+ cannot be read: [^\n]+[^.\n]\.$/);
    }
  });
});

describe('a missing secret', () => {
  test('a missing master secret is created: 256 random bits that only the owner can read', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'master.key');
    const made = fromFile(file);
    expect(Buffer.from(made, 'base64url')).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['master.key']);
    expect(fromFile(file, false)).toBe(made);
    expect(fromFile(join(temporaryFolder(), 'master.key'))).not.toBe(made);
  });

  test('a missing master secret is not created if keys are sealed already', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'master.key');
    expect(() => fromFile(file, false)).toThrow(
      new RefractError(
        'key',
        `The master secret that seals the keys in the database is missing; set REFRACT_MASTER_SECRET, or restore ${file}.`,
      ),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a master secret that cannot be created is refused in one sentence', () => {
    // Short enough to be read, too long for the temporary name.
    const file = join(temporaryFolder(), 'm'.repeat(230));
    expect(() => fromFile(file)).toThrow(expect.objectContaining({ code: 'key' }));
    expect(() => fromFile(file)).toThrow(/^The master secret [^\n]+ cannot be written: [^\n]+[^.\n]\.$/);
  });

  test('a master secret file is refused in one sentence if it is a broken link', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'master.key');
    symlinkSync(join(folder, 'nowhere'), file);
    expect(() => fromFile(file)).toThrow(
      new RefractError('key', `The master secret ${file} disappeared while it was created.`),
    );
    expect(readdirSync(folder)).toEqual(['master.key']);
  });
});
