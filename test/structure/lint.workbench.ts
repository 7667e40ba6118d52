// Each lint rule reports its planted line and accepts the allowed variant.
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { beforeAll, describe, expect, test } from 'vitest';
import { listFiles, root } from './tree.ts';

const eslint = new ESLint({ cwd: root, overrideConfigFile: join(root, 'scripts', 'eslint.config.js') });
const files = listFiles();

// Type-aware rules need existing files, whose content the planted text replaces.
const places = {
  http: existing(/^src\/http\/(?!send\.ts).*\.ts$/),
  engine: existing(/^src\/engine\/.*\.ts$/),
  cli: existing(/^src\/cli\/.*\.ts$/),
  send: 'src/http/send.ts',
  config: 'src/config.ts',
  main: 'src/main.ts',
  test: 'test/structure/tree.ts',
};
type Place = keyof typeof places;

/** The types that planted lines use. */
const types = `import type { Response } from 'express';\nimport type { ServerResponse } from 'node:http';\n`;

beforeAll(async () => {
  // The first type-aware run starts the compiler.
  await eslint.lintText('export {};\n', { filePath: join(root, places.engine) });
});

describe('a planted line is reported', () => {
  test.for<[rule: string, place: Place, text: string]>([
    ['@typescript-eslint/no-floating-promises', 'engine', `Promise.resolve(1);`],
    ['@typescript-eslint/no-floating-promises', 'engine', `void Promise.resolve(1);`],
    ['@typescript-eslint/no-floating-promises', 'test', `Promise.resolve(1);`],
    ['@typescript-eslint/no-misused-promises', 'engine', `[1].forEach(async () => { await Promise.resolve(); });`],
    ['@typescript-eslint/no-explicit-any', 'engine', `export const x: any = 1;`],
    ['@typescript-eslint/no-explicit-any', 'engine', `export const x = (...y: any[]) => y.length;`],
    ['@typescript-eslint/no-explicit-any', 'test', `export const x = 1 as any;`],
    ['@typescript-eslint/no-unsafe-assignment', 'engine', `export const x = JSON.parse('{}');`],
    ['@typescript-eslint/no-unsafe-return', 'engine', `export const f = (x: string) => JSON.parse(x);`],
    ['@typescript-eslint/no-unsafe-member-access', 'test', `export const x: number = JSON.parse('{}').y;`],
    ['@typescript-eslint/no-unsafe-function-type', 'engine', `export const x: Function = () => 1;`],
    ['@typescript-eslint/no-non-null-assertion', 'engine', `export const x = (y: string[]) => y[0]!;`],
    ['@typescript-eslint/no-non-null-assertion', 'test', `export const x = (y: string[]) => y[0]!;`],
    ['house/reasoned-assertion', 'engine', `export const f = (x: unknown) => x as string;`],
    ['house/reasoned-assertion', 'engine', `export const f = (x: number) => x as unknown as string;`],
    [
      'house/reasoned-assertion',
      'engine',
      `const y = 1; // A reason for y only.\nexport const f = (x: unknown) => x as string;`,
    ],
    [
      '@typescript-eslint/consistent-type-assertions',
      'engine',
      `export const f = (x: unknown) => <string>x; // Because it is.`,
    ],
    [
      '@typescript-eslint/ban-ts-comment',
      'engine',
      `// @ts-expect-error because it must not compile\nexport const x: string = 1;`,
    ],
    ['@typescript-eslint/ban-ts-comment', 'test', `// @ts-expect-error\nexport const x: string = 1;`],
    [
      '@typescript-eslint/ban-ts-comment',
      'test',
      `// @ts-ignore because it must not compile\nexport const x: string = 1;`,
    ],
    ['house/reasoned-disable', 'engine', `/* eslint-disable */\nexport const x: any = 1;`],
    [
      'house/reasoned-disable',
      'engine',
      `// eslint-disable-next-line @typescript-eslint/no-explicit-any\nexport const x: any = 1;`,
    ],
    [
      'house/reasoned-disable',
      'engine',
      `// eslint-disable-next-line -- no rule is named here\nexport const x: any = 1;`,
    ],
    ['house/reasoned-disable', 'engine', `/* eslint no-console: 0 */\nconsole.log(1);`],
    ['house/only-writer', 'http', `export const f = (res: Response) => res.json({});`],
    ['house/only-writer', 'http', `export const f = (reply: Response) => reply.status(200);`],
    ['house/only-writer', 'http', `export const f = (reply?: ServerResponse) => reply?.end();`],
    ['house/only-writer', 'http', `export const f = <R extends ServerResponse>(x: { out: R }) => x.out['end']();`],
    ['house/only-writer', 'http', `export const f = (res: Response) => { const { send } = res; send(1); };`],
    ['house/only-writer', 'http', `export const f = (res: Response) => { res.statusCode = 204; };`],
    ['house/only-writer', 'cli', `export const f = (res: Response) => res.sendStatus(200);`],
    ['no-restricted-properties', 'http', `export const x = process.env['HOME'];`],
    ['no-restricted-properties', 'config', `export const x = process.env['HOME'];`],
    ['no-restricted-properties', 'cli', `export const { env } = process;`],
    ['no-restricted-properties', 'http', `export const x = globalThis.process.env;`],
    ['no-restricted-imports', 'cli', `export { env } from 'node:process';`],
    ['no-console', 'engine', `console.error('x');`],
    ['no-console', 'config', `console.error('x');`],
    [
      '@typescript-eslint/switch-exhaustiveness-check',
      'engine',
      `export function f(x: 'a' | 'b') { switch (x) { case 'a': return 1; } return 2; }`,
    ],
    [
      '@typescript-eslint/switch-exhaustiveness-check',
      'engine',
      `export function f(x: 'a' | 'b') { switch (x) { case 'a': return 1; default: return 2; } }`,
    ],
    ['@typescript-eslint/no-import-type-side-effects', 'engine', `import { type X } from './x.ts';`],
    ['no-restricted-syntax', 'http', `export const f = async (name: string) => { await import(name); };`],
    ['no-restricted-syntax', 'http', 'export const f = async (name: string) => { await import(`./${name}.ts`); };'],
    ['no-restricted-syntax', 'http', `export const f = (name: string) => process.getBuiltinModule(name);`],
    ['@typescript-eslint/method-signature-style', 'engine', `export interface X { f(x: string): void }`],
  ])('the linter reports %s in %s: %s', async ([rule, place, text]) => {
    expect(await rulesBroken(place, text)).toContain(rule);
  });
});

describe('an allowed line passes', () => {
  test.for<[place: Place, text: string]>([
    ['engine', `await Promise.resolve(1);`],
    ['engine', `export const x: unknown = JSON.parse('{}');`],
    ['engine', `export const x = ['a'] as const;`],
    ['engine', `export const f = (x: unknown) => x as string; // The caller has checked it.`],
    ['engine', `// The caller has checked it.\nexport const f = (x: unknown) => x as string;`],
    ['engine', `export function f(x: 'a' | 'b') { switch (x) { case 'a': return 1; case 'b': return 2; } }`],
    ['engine', `export interface X { f: (x: string) => void }`],
    ['engine', `// eslint-disable-next-line no-console -- the last word of a dying process\nconsole.error('x');`],
    ['test', `// @ts-expect-error a number is not a string\nexport const x: string = 1;`],
    ['http', `export const f = (res: Response) => res.headersSent || res.statusCode > 499;`],
    [
      'http',
      `export const f = async (fetched: globalThis.Response) => { const x: unknown = await fetched.json(); return x; };`,
    ],
    ['send', `export const f = (res: Response) => res.status(200).end();`],
    ['cli', `console.log('x');`],
    ['main', `export const x = process.env['HOME'];`],
  ])('the linter allows in %s: %s', async ([place, text]) => {
    expect(await rulesBroken(place, text)).toEqual([]);
  });
});

async function rulesBroken(place: Place, text: string): Promise<string[]> {
  const whole = /(?<!\.)\b(Response|ServerResponse)\b/.test(text) ? types + text : text;
  const [result] = await eslint.lintText(`${whole}\n`, { filePath: join(root, places[place]) });
  return (result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message);
}

function existing(pattern: RegExp): string {
  return files.find((path) => pattern.test(path)) ?? `a file like ${pattern.source}`;
}
