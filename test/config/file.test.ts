// The configuration file: its lines, its precedence, and refusals of invalid files.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RefractError } from '../../src/errors.ts';
import { readConfig, type Config } from '../../src/config.ts';
import { temporaryFolder } from '../shared/folder.ts';

type Environment = Readonly<Record<string, string>>;

function fileWith(content: string | Uint8Array, mode = 0o600): string {
  const file = join(temporaryFolder(), 'refract.env');
  writeFileSync(file, content, { mode });
  return file;
}

const read = (
  configFile: string,
  environment: Environment = {},
  flags: Parameters<typeof readConfig>[1] = {},
): Config => readConfig(['fib'], { configFile, ...flags }, environment);

const secret = 'a-secret-of-more-than-thirty-two-characters';

describe('the configuration file', () => {
  test('the configuration file accepts every setting as the environment does', () => {
    const file = fileWith('PORT=1\nREFRACT_DB=x.db\nREFRACT_FIB_POLICY=static\nREFRACT_ADMIN_HOST=::1\n');
    const same = { PORT: '1', REFRACT_DB: 'x.db', REFRACT_FIB_POLICY: 'static', REFRACT_ADMIN_HOST: '::1' };
    const { fromFile, ...config } = read(file);
    expect(config).toEqual({ ...readConfig(['fib'], {}, same), configFile: file, fromFile: undefined });
    expect([...fromFile.keys()].sort()).toEqual(Object.keys(same).sort());
  });

  test.each([
    ['REFRACT_DB=a.db', 'a.db'],
    ['  REFRACT_DB = a.db  ', 'a.db'],
    ['export REFRACT_DB=a.db', 'a.db'],
    ['REFRACT_DB="a b.db"', 'a b.db'],
    ["REFRACT_DB='a#b.db' # the database", 'a#b.db'],
    ['REFRACT_DB=`"a".db`', '"a".db'],
    ['REFRACT_DB=a.db # the database', 'a.db'],
    ['REFRACT_DB=a=b.db', 'a=b.db'],
    ['# a comment\r\n\r\n \t\nREFRACT_DB=a.db\r\n#REFRACT_DB=b.db', 'a.db'],
    ['\uFEFFREFRACT_DB=é.db', 'é.db'],
  ])('the configuration file accepts the line %j', (content, database) => {
    expect(read(fileWith(content)).database).toBe(database);
  });

  test('the configuration file may be empty', () => {
    expect(read(fileWith('')).port).toBe(8_080);
  });

  test('the configuration file is overridden by environment and command line', () => {
    const file = fileWith('PORT=1\nREFRACT_DB=file.db\nREFRACT_HOST=::1\n');
    const config = read(file, { PORT: '2', REFRACT_DB: 'environment.db' }, { port: '3' });
    expect([config.port, config.database, config.host]).toEqual([3, 'environment.db', '::1']);
    expect([...config.fromFile].filter(([, { isOverruled }]) => isOverruled).map(([name]) => name)).toEqual([
      'PORT',
      'REFRACT_DB',
    ]);
  });

  test('REFRACT_CONFIG names the configuration file, and the command line overrides it', () => {
    const [one, other] = [fileWith('PORT=1'), fileWith('PORT=2')];
    expect(readConfig([], {}, { REFRACT_CONFIG: one }).port).toBe(1);
    expect(readConfig([], { configFile: other }, { REFRACT_CONFIG: one })).toMatchObject({
      port: 2,
      configFile: other,
    });
  });
});

describe('an invalid line is refused in one sentence with its number', () => {
  test.each([
    ['an unknown name', 'PORT=1\nREFRACT_DBB=x', 2, 'Unknown setting REFRACT_DBB. Did you mean REFRACT_DB?'],
    ['a name without its prefix', '\nHOST=::1', 2, 'Unknown setting HOST. Did you mean REFRACT_HOST?'],
    ['a prefix too much', 'REFRACT_PORT=1', 1, 'Unknown setting REFRACT_PORT. Did you mean PORT?'],
    ['a setting of another program', 'PATH=/bin', 1, 'Unknown setting PATH. The README lists all settings.'],
    ['its own name', 'REFRACT_CONFIG=x', 1, 'REFRACT_CONFIG cannot be set in the file itself; remove the line.'],
    ['a name twice', 'PORT=1\n\nPORT=1', 3, 'PORT is set in line 1 already; remove one of them.'],
    ['a value', '#\nPORT=many', 2, 'PORT must be a whole number from 0 to 65535, not "many".'],
    ['no value', 'REFRACT_DB=', 1, 'REFRACT_DB must not be empty; leave it out for the default.'],
    ['no setting', 'PORT', 1, 'This line is neither NAME=value nor a comment.'],
    ['no name', '=1', 1, 'This line is neither NAME=value nor a comment.'],
    ['YAML', 'PORT: 1', 1, 'This line is neither NAME=value nor a comment.'],
    ['two words for a name', 'MY PORT=1', 1, 'This line is neither NAME=value nor a comment.'],
    ['an open quote', 'REFRACT_DB="a', 1, 'The value of REFRACT_DB does not end with its opening quote.'],
    ['a quote inside', `REFRACT_DB='a'b'`, 1, 'The value of REFRACT_DB does not end with its opening quote.'],
    [
      'a break',
      String.raw`REFRACT_DB="a\nb"`,
      1,
      String.raw`\n in double quotes would break the value of REFRACT_DB; use single quotes.`,
    ],
    ['a tab behind export', 'export\tPORT=1', 1, 'This line is neither NAME=value nor a comment.'],
    ['a #', `REFRACT_MASTER_SECRET=a#b`, 1, 'The value of REFRACT_MASTER_SECRET would end at its #; put it in quotes.'],
  ])('the configuration file refuses %s, with the number of the line', (_what, content, line, sentence) => {
    const file = fileWith(content);
    expect(() => read(file)).toThrow(new RefractError('configuration', `${file}:${String(line)}: ${sentence}`));
  });

  test('an overridden value of the configuration file is not checked', () => {
    expect(read(fileWith('PORT=many'), { PORT: '1' }).port).toBe(1);
  });

  test('an invalid line is not repeated in the message: it may be a secret', () => {
    for (const content of [secret, `REFRACT_ADMIN_TOKEN="${secret}`, `${secret}=x`]) {
      const file = fileWith(content);
      let told = '';
      try {
        read(file);
      } catch (reason) {
        told = String(reason);
      }
      expect(told).toContain(`RefractError [configuration]: ${file}:1: `);
      expect(told).not.toContain(content.includes('=x') ? `${secret}=` : secret);
    }
  });
});

describe('an unusable file is refused in one sentence', () => {
  test('a configuration file that is missing, a folder or not UTF-8 is refused', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'file'), '');
    symlinkSync('loop', join(folder, 'loop'));
    writeFileSync(join(folder, 'latin'), Buffer.from('REFRACT_DB=\xe9.db', 'latin1'));
    for (const [name, why] of [
      ['missing', 'does not exist'],
      ['folder', 'is a folder'],
      ['file/below', 'cannot be read (ENOTDIR)'],
      ['loop', 'cannot be read (ELOOP)'],
      ['latin', 'is not UTF-8'],
    ] as const) {
      const file = join(folder, name);
      expect(() => read(file)).toThrow(new RefractError('configuration', `The configuration file ${file} ${why}.`));
    }
  });

  test.each(['REFRACT_MASTER_SECRET', 'REFRACT_PREVIOUS_MASTER_SECRET', 'REFRACT_ADMIN_TOKEN'])(
    'a configuration file with %s is refused if others can read it',
    (name) => {
      const file = fileWith(`PORT=1\n${name}=${secret}\n`);
      expect(() => read(file)).not.toThrow();
      for (const mode of [0o640, 0o604, 0o660]) {
        chmodSync(file, mode);
        expect(() => read(file)).toThrow(
          new RefractError('configuration', `${file} contains ${name} and is open to others; run: chmod 600 ${file}`),
        );
        // The file still contains this secret if the environment overrides it.
        expect(() => read(file, { [name]: secret })).toThrow(expect.objectContaining({ code: 'configuration' }));
      }
    },
  );

  test('a configuration file without secrets may be readable by others', () => {
    expect(read(fileWith('PORT=1\nREFRACT_MASTER_SECRET_FILE=master.key\n', 0o644)).port).toBe(1);
  });
});
