// The calls that serve --demo and refract demo print, as a shell runs them.
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect } from 'vitest';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { misfit } from '../openapi/schema.ts';
import { test, type Place } from '../shared/cli.ts';
import { accessTokenIn, contracts, refreshTokenIn, type ContractName } from '../shared/refreshing.ts';

describe('a demo call', () => {
  test('a demo call returns the documented success, and the same tokens when repeated', async ({ place }) => {
    const serving = await place.serve('--demo');
    const calls = callsIn(await serving.prints(/# xerial.*\n.*\n/));
    expect([...calls.keys()]).toEqual(contracts);
    for (const [contract, { line }] of calls) {
      const [first, second] = [await paste(place, line), await paste(place, line)];
      expectSuccess(contract, first);
      expectSuccess(contract, second);
      // A static refresh returns the same access token within one second, and no refresh token.
      if (contract === 'kirjaswappi') continue;
      expect(accessTokenIn(contract, second), contract).toBe(accessTokenIn(contract, first));
      expect(refreshTokenIn(contract, second), contract).toBe(refreshTokenIn(contract, first));
    }
  });

  test('a demo call is printed with its policy and grace period', async ({ place }) => {
    const settings = {
      REFRACT_CLOUDREVE_GRACE_PERIOD: '0',
      REFRACT_FIB_GRACE_PERIOD: '0',
      REFRACT_ORILLION_GRACE_PERIOD: '30',
    };
    const { stdout } = await place.refractWith({ environment: settings }, 'demo', '--port', '8080');
    expect(new Map([...callsIn(stdout)].map(([contract, { remark }]) => [contract, remark]))).toEqual(
      new Map<string, string>([
        ['cloudreve', 'reusable'],
        ['fib', 'single-use'],
        ['kirjaswappi', 'static; the refresh token never changes'],
        ['orillion', 'single-use; repeating it within 30 s returns the same tokens'],
        ['xerial', 'single-use; repeating it within 60 s returns the same tokens'],
      ]),
    );
  });
});

describe('refract demo', () => {
  test('refract demo runs as the server prints it, in any folder and without settings', async ({ place }) => {
    const serving = await place.serve('--demo', '--db', "Bob's r.db");
    const calls = callsIn(await again(place, await serving.prints(/# xerial.*\n.*\n/)));
    expect([...calls.keys()]).toEqual(contracts);
    for (const [contract, { line }] of calls) expectSuccess(contract, await paste(place, line));
  });

  test('refract demo prints the call of one contract at its base path with --only, --at', async ({ place }) => {
    const serving = await place.serve('--demo', '--only', 'cloudreve', '--at', '/');
    const printed = await serving.prints(/# cloudreve.*\n.*\n/);
    for (const calls of [callsIn(printed), callsIn(await again(place, printed))]) {
      expect([...calls.keys()]).toEqual(['cloudreve']);
      const line = calls.get('cloudreve')?.line ?? '';
      expect(line).toContain(`'${serving.origin}/session/token/refresh'`);
      expectSuccess('cloudreve', await paste(place, line));
    }
  });

  test('refract demo prints an IPv6 address in brackets', async ({ place }) => {
    const { stdout } = await place.refract('demo', '--port', '8080', '--host', '::1', '--only', 'xerial');
    expect(stdout).toContain(" 'http://[::1]:8080/xerial/auth/refresh-tokens' ");
  });

  test('refract demo works after the demo subject was disabled or removed', async ({ place }) => {
    for (const change of ['disableSubject', 'deleteSubject'] as const) {
      const before = await place.refract('demo', '--port', '8080', '--only', 'fib');
      expect(callsIn(before.stdout).size, before.stderr).toBe(1);
      expect(await place.inside(({ store }) => store[change]('demo'))).toBe(true);
    }
    const after = await place.refract('demo', '--port', '8080', '--only', 'fib');
    expect(callsIn(after.stdout).size, after.stderr).toBe(1);
  });
});

interface PrintedCall {
  readonly remark: string;
  readonly line: string;
}

function callsIn(printed: string): Map<ContractName, PrintedCall> {
  const found = printed.matchAll(/^# (\w+): (.*)\n(curl .*)$/gm);
  return new Map(
    [...found].map(([, name, remark = '', line = '']) => {
      const contract = contracts.find((known) => known === name);
      if (contract === undefined) throw new Error(`${String(name)} is not a contract`);
      return [contract, { remark, line }];
    }),
  );
}

/** Runs the command that a server prints for new calls, split by a shell, without the server's settings. */
async function again(place: Place, printed: string): Promise<string> {
  const command = /^npm run -s refract -- (demo.*)$/m.exec(printed)?.[1] ?? '';
  const words = (await place.program('sh', ['-c', `printf '%s\\n' ${command}`])).stdout.trimEnd().split('\n');
  const environment = { PORT: undefined, REFRACT_DB: undefined };
  const { code, stdout, stderr } = await place.refractWith({ environment }, ...words);
  expect({ code, stderr }, command).toEqual({ code: 0, stderr: '' });
  return stdout;
}

/** Runs a line in a shell. @returns the parsed response */
async function paste(place: Place, line: string): Promise<unknown> {
  const environment = { PATH: `${process.env['PATH'] ?? ''}${delimiter}${curlReplacement(place)}` };
  const { code, stdout, stderr } = await place.program('sh', ['-c', line], environment);
  expect({ code, stderr }, line).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** A folder with a `curl` for machines without one; it supports the printed options. */
function curlReplacement(place: Place): string {
  const source = `#!${process.execPath}
    const { parseArgs } = require('node:util');
    const options = { s: { short: 's', type: 'boolean' }, X: { short: 'X', type: 'string' },
      H: { short: 'H', type: 'string', multiple: true, default: [] }, d: { short: 'd', type: 'string' } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const headers = values.H.map((header) => header.split(/: (.*)/s).slice(0, 2));
    fetch(positionals[0], { method: values.X, headers, body: values.d })
      .then((response) => response.text()).then((text) => process.stdout.write(text));`;
  const folder = place.folder;
  writeFileSync(join(folder, 'curl'), source);
  chmodSync(join(folder, 'curl'), 0o755);
  return folder;
}

function expectSuccess(contract: ContractName, body: unknown): void {
  const [operation] = loadDocument(`${openapiFolder}/${contract}.yaml`).operations;
  expect(misfit(operation?.responses.get(200)?.schema, body), contract).toBeUndefined();
  expect(accessTokenIn(contract, body)).toMatch(/^eyJ/);
}
