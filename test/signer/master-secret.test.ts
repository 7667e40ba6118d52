// The master secret: given, kept in a file of its owner's, or made, and never made where keys are sealed already.
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

describe('a secret that is given', () => {
  test('is taken as it is, and no file is read or made', () => {
    const file = join(temporaryFolder(), 'master.key');
    expect(loadMasterSecret({ secret: ` ${long}`, file }, true)).toBe(` ${long}`);
    expect(existsSync(file)).toBe(false);
    expect(loadMasterSecret({ secret: long, file: fileWith('y'.repeat(40)) }, false)).toBe(long);
  });

  test.each([0, 1, 31])('is refused with %i characters', (length) => {
    expect(() => loadMasterSecret({ secret: long.slice(0, length), file: 'none' }, true)).toThrow(
      new RefractError('key', `REFRACT_MASTER_SECRET has ${length} characters; it needs at least 32.`),
    );
  });
});

describe('a secret in a file', () => {
  test('is made with its folder, for its owner alone, where sessions are elsewhere and nothing else has made it', () => {
    const folder = join(temporaryFolder(), 'a', 'b');
    const made = fromFile(join(folder, 'master.key'));
    expect(made).toBe(readFileSync(join(folder, 'master.key'), 'utf8').trim());
    expect([folder, join(folder, 'master.key')].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
  });

  test.each(['600', '400'])('is taken without the space around it, mode %s', (mode) => {
    expect(fromFile(fileWith(`\n${long} \n`, mode), false)).toBe(long);
  });

  test.each(['640', '604', '620', '602', '610', '601', '644', '777'])(
    'is refused where others can reach it: mode %s',
    (mode) => {
      const file = fileWith(long, mode);
      expect(() => fromFile(file)).toThrow(
        new RefractError('key', `${file} can be read by others; run: chmod 600 ${file}`),
      );
    },
  );

  test.each(['', '\n', 'x'.repeat(31), ` ${'x'.repeat(31)}\n`])('is refused where it is too short: %j', (content) => {
    const file = fileWith(content);
    expect(() => fromFile(file)).toThrow(
      new RefractError('key', `The master secret in ${file} is too short; it needs at least 32 characters.`),
    );
    expect(readFileSync(file, 'utf8')).toBe(content);
  });

  test('is refused in one sentence where it cannot be read', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'master.key'), { mode: 0o700 });
    writeFileSync(join(folder, 'file'), '');
    for (const file of [join(folder, 'master.key'), join(folder, 'file', 'master.key')]) {
      expect(() => fromFile(file)).toThrow(expect.objectContaining({ code: 'key' }));
      expect(() => fromFile(file)).toThrow(/^The master secret [^\n]+ cannot be read: [^\n]+[^.\n]\.$/);
    }
  });
});

describe('a secret that is missing', () => {
  test('is made: 256 random bits that only their owner can read', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'master.key');
    const made = fromFile(file);
    expect(Buffer.from(made, 'base64url')).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['master.key']);
    expect(fromFile(file, false)).toBe(made);
    expect(fromFile(join(temporaryFolder(), 'master.key'))).not.toBe(made);
  });

  test('is not made where keys exist that an earlier one has sealed', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'master.key');
    expect(() => fromFile(file, false)).toThrow(
      new RefractError(
        'key',
        `The database holds sealed keys, but their master secret is missing: set REFRACT_MASTER_SECRET or put ${file} back.`,
      ),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is refused in one sentence where it cannot be made', () => {
    // Short enough to be looked for, too long for what is written aside.
    const file = join(temporaryFolder(), 'm'.repeat(230));
    expect(() => fromFile(file)).toThrow(expect.objectContaining({ code: 'key' }));
    expect(() => fromFile(file)).toThrow(/^The master secret [^\n]+ cannot be written: [^\n]+[^.\n]\.$/);
  });

  test('is refused in one sentence where a link to nowhere is in its place', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'master.key');
    symlinkSync(join(folder, 'nowhere'), file);
    expect(() => fromFile(file)).toThrow(
      new RefractError('key', `The master secret ${file} disappeared while it was being made.`),
    );
    expect(readdirSync(folder)).toEqual(['master.key']);
  });
});
