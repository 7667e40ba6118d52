// The verdicts on changes of a contract: a table of mutations that finds changes between releases of the tool, and the
// command in its own git checkout.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { asMarkdown, asText, compareAll, documentsAt, documentsNow, standardRef } from '../../scripts/diff.ts';
import { compare, DiffError, type Impact } from '../../scripts/diff.ts';
import { openapiFolder } from '../../src/http/documents.ts';

const textOf = (name: string): string => readFileSync(join(openapiFolder, `${name}.yaml`), 'utf8');

interface Mutation {
  readonly what: string;
  readonly contract: string;
  readonly from: string | RegExp;
  readonly to: string;
  readonly verdict: Impact;
}

const mutations: readonly Mutation[] = [
  // Changes that break a working client.
  {
    what: 'a response field is renamed',
    contract: 'xerial',
    from: /\bexpires\b(?=:|, |\])/g,
    to: 'expiry',
    verdict: 'major',
  },
  {
    what: 'the type of a response field is changed',
    contract: 'fib',
    from: 'type: integer\n          format: int64',
    to: 'type: string',
    verdict: 'major',
  },
  {
    what: 'a response field may be missing',
    contract: 'xerial',
    from: 'required: [access, refresh]',
    to: 'required: [access]',
    verdict: 'major',
  },
  {
    what: 'a response field may be null',
    contract: 'kirjaswappi',
    from: 'jwtToken:\n          type: string',
    to: "jwtToken:\n          type: [string, 'null']",
    verdict: 'major',
  },
  { what: 'a request field is renamed', contract: 'kirjaswappi', from: /refreshToken/g, to: 'token', verdict: 'major' },
  {
    what: 'a request needs another field',
    contract: 'cloudreve',
    from: 'required: [refresh_token]',
    to: 'required: [refresh_token, device]',
    verdict: 'major',
  },
  {
    what: 'the type of a request field is changed',
    contract: 'cloudreve',
    from: 'refresh_token:\n          type: string\n          description: The refresh token.',
    to: 'refresh_token:\n          type: integer\n          description: The refresh token.',
    verdict: 'major',
  },
  {
    what: 'a request field is bounded',
    contract: 'xerial',
    from: /(refreshToken:\n +type: string\n)/,
    to: '$1          maxLength: 100\n',
    verdict: 'major',
  },
  { what: 'a status is removed', contract: 'orillion', from: /^ {8}'422':\n(?: {9,}.*\n)+/m, to: '', verdict: 'major' },
  { what: 'the method is changed', contract: 'fib', from: '    patch:', to: '    put:', verdict: 'major' },
  {
    what: 'the path is changed',
    contract: 'xerial',
    from: '/auth/refresh-tokens:',
    to: '/auth/tokens:',
    verdict: 'major',
  },
  {
    what: 'the base path is changed',
    contract: 'cloudreve',
    from: 'url: /cloudreve/api/v4',
    to: 'url: /cloudreve/api/v5',
    verdict: 'major',
  },
  {
    what: 'the media type of the response is changed',
    contract: 'kirjaswappi',
    from: /('200':[^]*?)application\/json/,
    to: '$1text/html',
    verdict: 'major',
  },
  { what: 'a constant is changed', contract: 'xerial', from: 'const: 401', to: 'const: 402', verdict: 'major' },
  {
    what: 'a header of the responses is no longer promised',
    contract: 'fib',
    from: /(RequestId:[^]*?)required: true/,
    to: '$1required: false',
    verdict: 'major',
  },
  {
    what: 'an operation needs a credential',
    contract: 'xerial',
    from: /security: \[\]\n([^]*?)components:\n/,
    to: 'security: [key: []]\n$1components:\n  securitySchemes:\n    key:\n      type: apiKey\n      in: header\n      name: X-Key\n',
    verdict: 'major',
  },
  // Changes that a working client can ignore.
  {
    what: 'a status is added',
    contract: 'xerial',
    from: "        '500':",
    to: "        '403':\n          description: No.\n        '500':",
    verdict: 'minor',
  },
  {
    what: 'a request may have another field',
    contract: 'kirjaswappi',
    from: /(\n {8}refreshToken:\n {10}type: string)/,
    to: '\n        device:\n          type: string$1',
    verdict: 'minor',
  },
  {
    what: 'an operation is added',
    contract: 'xerial',
    from: '  /auth/refresh-tokens:',
    to: "  /auth/logout:\n    post:\n      operationId: logout\n      responses:\n        '204':\n          description: Gone.\n  /auth/refresh-tokens:",
    verdict: 'minor',
  },
  // Changes of texts only.
  { what: 'a description is changed', contract: 'fib', from: 'title: FIB', to: 'title: The FIB', verdict: 'patch' },
  {
    what: 'an example is changed',
    contract: 'cloudreve',
    from: 'msg: The refresh token is not valid.',
    to: 'msg: No.',
    verdict: 'none',
  },
  { what: 'a comment is changed', contract: 'cloudreve', from: /^# /m, to: '# More: ', verdict: 'none' },
];

describe('the verdict', () => {
  test.concurrent.each(mutations)(
    'diff rates the change of $contract: $what',
    { timeout: 60_000 },
    async ({ contract, from, to, verdict }) => {
      const base = textOf(contract);
      const revision = base.replace(from, to);
      expect(revision).not.toBe(base);
      const { changes, ...comparison } = await compare(contract, base, revision);
      expect({ verdict: comparison.verdict, changes }).toMatchObject({ verdict });
      if (verdict === 'major') expect(changes[0]?.why).toMatch(/^.+ \([\w-]+\)/);
    },
  );

  test('the difference from fib to orillion is major: `status.message` is removed', async () => {
    const { verdict, changes } = await compare('fib', textOf('fib'), textOf('orillion'));
    expect(verdict).toBe('major');
    expect(changes).toContainEqual(
      expect.objectContaining({
        impact: 'major',
        place: 'PATCH /auth/api/v1/authentication-management/session',
        why: 'Property `message` of `status` was removed. (property-removed)',
      }),
    );
  });

  test('diff reports a broken document with one sentence', async () => {
    await expect(compare('fib', textOf('fib'), 'openapi: [')).rejects.toThrow(/^fib cannot be compared: [^\n]+$/);
  });
});

describe('the command', () => {
  /** A git checkout with two documents, committed. */
  function checkout(): {
    folder: string;
    git: (...args: string[]) => void;
    write: (name: string, text: string) => void;
  } {
    const root = mkdtempSync(join(tmpdir(), 'refract-test-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const folder = join(root, 'openapi');
    mkdirSync(folder);
    const git = (...args: string[]): void => {
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
        cwd: root,
        stdio: 'ignore',
      });
    };
    const write = (name: string, text: string): void => {
      writeFileSync(join(folder, `${name}.yaml`), text);
    };
    git('init', '-b', 'main');
    for (const name of ['fib', 'xerial']) write(name, textOf(name));
    git('add', '.');
    git('commit', '-m', 'base');
    return { folder, git, write };
  }

  test('diff compares with the last tag, and without tags with main', () => {
    const { folder, git } = checkout();
    expect(standardRef(folder)).toBe('main');
    git('tag', 'v1.0.0');
    expect(standardRef(folder)).toBe('v1.0.0');
  });

  test('diff rates an added contract as minor and a removed one as major', async () => {
    const { folder, write } = checkout();
    rmSync(join(folder, 'fib.yaml'));
    write('orillion', textOf('orillion'));
    const comparisons = await compareAll(documentsAt('main', folder), documentsNow(folder));
    expect([...comparisons].map(([name, { verdict }]) => [name, verdict])).toEqual([
      ['fib', 'major'],
      ['orillion', 'minor'],
      ['xerial', 'none'],
    ]);
    expect(asText('main', comparisons)).toMatch(/^Against main:\nfib: major\n[^]*Altogether: major$/);
    const markdown = asMarkdown('main', comparisons);
    expect(markdown).toMatch(/^## Contracts against `main`: major\n/);
    expect(markdown).not.toContain('xerial');
  });

  test('diff reports an unknown ref', () => {
    expect(() => documentsAt('nowhere')).toThrow(
      new DiffError('git knows no documents at nowhere; give a tag, a branch or a commit.'),
    );
  });
});
