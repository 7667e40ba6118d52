// More documents than the one example: the published ones under new names, and some with unusual names and parameters.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openapiFolder } from '../../src/http/documents.ts';

const ours = ['cloudreve', 'fib', 'kirjaswappi', 'orillion', 'xerial'];
const [xerial, fib] = [textOf('xerial'), textOf('fib')];

/** By name; each has its own base path. */
export const others: ReadonlyMap<string, string> = new Map([
  ...ours.map((name) => at(`another-${name}`, textOf(name))),
  at(
    'with-odd-names',
    xerial
      .replaceAll('refreshToken:', "'refresh-token':")
      .replace('[refreshToken]', "['refresh-token']")
      .replace('operationId: refreshTokens', 'operationId: refresh-tokens')
      .replace('internalServerError:', 'unauthorized:'),
  ),
  at('with-a-header', fib.replace('name: Authorization', 'name: X-Token')),
  at('with-two-operations', xerial.replace('components:\n', `${second()}components:\n`)),
]);

function at(name: string, text: string): [name: string, text: string] {
  return [name, text.replace(/( url: )\/[\w-]+/, `$1/${name}`)];
}

function second(): string {
  return xerial
    .slice(xerial.indexOf('  /auth/refresh-tokens:'), xerial.indexOf('components:\n'))
    .replace('/auth/', '/other/')
    .replace('operationId: refreshTokens', 'operationId: refreshOthers');
}

function textOf(name: string): string {
  return readFileSync(join(openapiFolder, `${name}.yaml`), 'utf8');
}
