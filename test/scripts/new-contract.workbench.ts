// `npm run new-contract`: refusals with one line and no file, and the files that it writes.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../scripts/new-contract.ts';
import { mistakes, sound } from '../openapi/mistakes.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { root } from '../structure/tree.ts';
import { runHere } from './run-here.ts';

const acme = sound.replace('url: /xerial', 'url: /acme');

let tree: string;
let lines: string[];

/** Writes a document outside of the tree and creates a contract from it. */
async function begin(text: string, file = 'acme.yaml'): Promise<number> {
  const path = join(temporaryFolder(), file);
  writeFileSync(path, text);
  return beginAt(path);
}

async function beginAt(path: string): Promise<number> {
  const { code, stdout } = await runHere((args, output) => run(args, output, tree), path);
  lines = stdout.split('\n').slice(0, -1);
  return code;
}

/** Returns the texts of all files of the tree, by path. */
function files(): Record<string, string> {
  const entries = readdirSync(tree, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Object.fromEntries(paths.map((path) => [relative(tree, path), readFileSync(path, 'utf8')]));
}

beforeEach(() => {
  tree = temporaryFolder();
  lines = [];
  cpSync(join(root, 'openapi'), join(tree, 'openapi'), { recursive: true });
});

describe('refuses with the reason and writes nothing:', () => {
  test.for(Object.entries(mistakes))(
    'new-contract refuses with the reason and writes nothing: %s',
    async ([, [before, after, where, todo]]) => {
      const present = files();
      const wrong = sound.replace(before, after);
      expect(await begin(wrong)).toBe(1);
      expect(lines).toEqual([expect.stringMatching(/^\S+acme\.yaml:\d+: [^\n]+\. \([\w/-]+\)$/)]);
      const [, line, message] = /:(\d+): (.*) \(\S+\)$/.exec(lines[0] ?? '') ?? [];
      expect(message).toMatch(todo);
      expect(wrong.split('\n')[Number(line) - 1]).toContain(where);
      expect(files()).toEqual(present);
    },
  );

  test.for<[what: string, file: string, text: string, complaint: RegExp]>([
    ['the name of another contract', 'fib.yaml', acme, /fib\.yaml: The contract fib exists already; choose another/],
    ["the name of the linter's configuration", 'redocly.yaml', acme, /openapi\/ has a file of this name/],
    ['the name of our own document', 'admin.yaml', acme, /choose another/],
    ['another ending', 'acme.yml', acme, /acme\.yml: The name of a document ends in \.yaml; rename the file\.$/],
    ['a name with capitals', 'Acme.yaml', acme, /small letters/],
    ['a name with a blank', 'ac me.yaml', acme, /small letters/],
    ['a name with a dot', 'acme.client.yaml', acme, /small letters/],
    ['a name that starts with a digit', '2acme.yaml', acme, /small letters/],
    ['no name', '.yaml', acme, /rename the file|small letters/],
    [
      'the base path of another contract',
      'acme.yaml',
      sound,
      /acme\.yaml:14: The contract xerial is mounted at \/xerial/,
    ],
    [
      'a base path of a page',
      'acme.yaml',
      acme.replace('/acme', '/jwks'),
      /acme\.yaml:14: The server has a page of its own at \/jwks; choose another base path\.$/,
    ],
  ])('new-contract refuses with the reason and writes nothing: %s', async ([, file, text, complaint]) => {
    const present = files();
    expect(await begin(text, file)).toBe(1);
    expect(lines).toEqual([expect.stringMatching(complaint)]);
    expect(files()).toEqual(present);
  });

  test('new-contract reports all mistakes at once and writes nothing', async () => {
    expect(await begin(acme.replace("'500':", 'default:').replace('    Token:\n', '    Token: &t\n'), 'fib.yaml')).toBe(
      1,
    );
    expect(lines).toEqual([
      expect.stringContaining('The contract fib exists already'),
      expect.stringContaining('fib.yaml:73: Name each status'),
      expect.stringContaining('fib.yaml:161: Remove the anchor &t'),
    ]);
  });

  test('new-contract refuses each file that exists, and writes nothing', async () => {
    for (const file of ['src/contracts/acme.ts', 'generated/acme.client.ts']) {
      mkdirSync(join(tree, file, '..'), { recursive: true });
      writeFileSync(join(tree, file), 'mine');
    }
    const present = files();
    expect(await begin(acme)).toBe(1);
    expect(lines).toEqual([
      'generated/acme.client.ts exists already; move it away or choose another name for the document.',
      'src/contracts/acme.ts exists already; move it away or choose another name for the document.',
    ]);
    expect(files()).toEqual(present);
  });

  test('new-contract refuses a missing file and a folder', async () => {
    mkdirSync(join(tree, 'folder.yaml'));
    for (const [file, code] of [
      ['nowhere.yaml', 'ENOENT'],
      ['folder.yaml', 'EISDIR'],
    ] as const) {
      expect(await beginAt(join(tree, file))).toBe(1);
      const sentence = new RegExp(`${file}:1: cannot be read \\(${code}[^\\n]*\\)\\. \\(loader\\)$`);
      expect(lines).toEqual([expect.stringMatching(sentence)]);
    }
  });
});

test('new-contract leaves no file and no folder if it fails half-way', async () => {
  // The folder of the last file cannot be created.
  writeFileSync(join(tree, 'test'), '');
  const present = files();
  expect(await begin(acme)).toBe(1);
  expect(lines).toEqual([expect.stringMatching(/^Nothing was written, because one file failed: [^\n]+\.$/)]);
  expect(files()).toEqual(present);
  expect(readdirSync(tree).sort()).toEqual(['openapi', 'test']);
});

test('new-contract writes six files and names each unfinished line', async () => {
  expect(await begin(acme)).toBe(0);
  const written = [
    'openapi/acme.yaml',
    'generated/acme.ts',
    'generated/acme.client.ts',
    'src/contracts/acme.ts',
    'src/client/acme.ts',
    'test/contracts/acme.test.ts',
  ];
  expect(lines.slice(0, 6)).toEqual(written.map((file) => `wrote ${file}`));
  expect(Object.keys(files())).toEqual(expect.arrayContaining(written));
  expect(files()['openapi/acme.yaml']).toBe(acme);
  const named = lines.flatMap((line) => [...line.matchAll(/^ {2}(\S+):(\d+): (.*)$/g)]);
  for (const [, file = '', line, source] of named)
    expect(files()[file]?.split('\n')[Number(line) - 1]?.trim()).toBe(source);
  const left = written.flatMap((file) => files()[file]?.match(/decide\(/g) ?? []);
  expect(named).toHaveLength(left.length);
  expect(lines.slice(-2)).toEqual([
    expect.stringMatching(/^ {2}npm run generate/),
    expect.stringMatching(/^ {2}npm run check/),
  ]);
});

test('new-contract keeps a document that is already in openapi/', async () => {
  const place = join(tree, 'openapi', 'acme.yaml');
  writeFileSync(place, acme.replace('openapi: 3.1.0', 'openapi:   3.1.0'));
  expect(await beginAt(place)).toBe(0);
  expect(lines[0]).toBe('wrote generated/acme.ts');
  expect(lines).toContainEqual(expect.stringContaining('npm run format'));
});

test('new-contract keeps texts of the document in comments', async () => {
  const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const ends = '\n\r\u2028\u2029\u0085\u000b';
  const token = `${segment({ alg: 'HS256' })}.${segment({ sub: Array.from(ends, (end) => `${end}planted = 1;//`).join('') })}.x`;
  const wild = sound
    .replace('url: /xerial', 'url: /acme')
    .replace(/refreshToken: eyJ\S+/, `refreshToken: ${token}`)
    .replace(/title: .*\n/, `title: ${JSON.stringify(`A title ${ends}planted = 1;//`)}\n`);
  expect([await begin(wild), lines[0]]).toEqual([0, expect.stringMatching(/^wrote /)]);
  const written = Object.entries(files()).filter(([path]) => /^(src|test)\//.test(path));
  expect(written).toHaveLength(3);
  for (const [, text] of written) {
    for (const line of text.split(/[\n\r\u2028\u2029]/)) expect(line).not.toMatch(/^\s*planted/);
  }
  expect(written.map(([, text]) => text).join('')).toContain('planted');
});

test.each([['another contract that is broken', 'a: [\n', /^\S+fib\.yaml:\d+: the YAML is broken: [^\n]+$/]])(
  'new-contract reports %s with one line',
  async (_what, text, sentence) => {
    writeFileSync(join(tree, 'openapi/fib.yaml'), text);
    expect([await begin(acme), lines]).toEqual([1, [expect.stringMatching(sentence)]]);
  },
);

test('new-contract refuses a document with a path of another contract', async () => {
  const clash = sound.replace('url: /xerial', 'url: /xerial/auth').replace('/auth/refresh-tokens:', '/refresh-tokens:');
  expect(await begin(clash)).toBe(1);
  expect(lines).toEqual([
    expect.stringMatching(/:\d+: One of its paths is the contract xerial's below this base path; choose/),
  ]);
});

test.each(['/session*', '/a(b', '/session:refresh', '/a b', '/a?b'])(
  'new-contract refuses an invalid path: %s',
  async (path) => {
    expect(await begin(acme.replace('/auth/refresh-tokens:', `${JSON.stringify(path)}:`))).toBe(1);
    expect(lines).toHaveLength(1);
  },
);
