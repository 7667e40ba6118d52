// The configuration of `npm run check:imports` reports each planted import and accepts its allowed variant.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cruise, type IViolation } from 'dependency-cruiser';
import extractDepcruiseConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../shared/folder.ts';
import { root } from './tree.ts';

const config = await extractDepcruiseConfig(join(root, 'scripts', 'dependency-cruiser.config.js'));

type Edge = readonly [from: string, text: string, to: string];

/** Files that other planted files import. */
const targets = [
  ...['app/app', 'cli/command', 'cli/run', 'cli/serve', 'config', 'contracts/fib', 'contracts/orillion'],
  ...['contracts/shared/envelope', 'engine/clock', 'engine/engine', 'engine/events', 'engine/outcome', 'engine/policy'],
  ...['engine/rotation', 'engine/session', 'errors', 'http/reply', 'http/send', 'main', 'observe/log'],
  ...['signer/jwt', 'store/sqlite'],
].map((name) => `src/${name}.ts`);
const others = [
  'generated/fib.ts',
  'generated/fib.client.ts',
  'generated/orillion.ts',
  'scripts/lint-openapi.ts',
  'test/kit.ts',
];

/** Returns the findings for a small tree. @param files by path; targets of imports are added */
async function reported(files: ReadonlyMap<string, string>): Promise<readonly IViolation[]> {
  const folder = temporaryFolder();
  const all = new Map([...[...targets, ...others, 'package.json'].map((path) => [path, ''] as const), ...files]);
  for (const [path, text] of all) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path.endsWith('.json') ? '{}' : `${text}\nexport {};\n`);
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const { output } = await cruise(['src', 'generated'], {
    ...config.options,
    ruleSet: { forbidden: config.forbidden ?? [] },
    validate: true,
    baseDir: folder,
  });
  if (typeof output === 'string') throw new Error(output);
  return output.summary.violations;
}

/** Imports from the same file are planted together: each is reported by itself. */
function planted(edges: readonly Edge[]): ReadonlyMap<string, string> {
  const texts = Map.groupBy(edges, ([from]) => from);
  return new Map([...texts].map(([from, list]) => [from, list.map(([, text]) => text).join('\n')]));
}

/** Edges by `from` and `to`; a package by its name. */
function edgesOf(violations: readonly IViolation[]): string[] {
  return violations
    .filter(({ rule }) => rule.name !== 'no-circle')
    .map(({ from, to }) => `${from} → ${/node_modules\/(?:@types\/)?([^/]+)\//.exec(to)?.[1] ?? to}`);
}

const forbidden: readonly Edge[] = [
  ['src/main.ts', `import { compose } from './app/app.ts';`, 'src/app/app.ts'],
  ['src/main.ts', `import { connect } from 'node:net';`, 'net'],
  ['src/cli/serve.ts', `import { log } from '../observe/log.ts';`, 'src/observe/log.ts'],
  ['src/cli/issue.ts', `import express from 'express';`, 'express'],
  ['src/app/app.ts', `import { serve } from '../cli/serve.ts';`, 'src/cli/serve.ts'],
  ['src/app/app.ts', `import '../main.ts';`, 'src/main.ts'],
  ['src/app/app.ts', `import express from 'express';`, 'express'],
  ['src/app/app.ts', `import type { paths } from '../../generated/fib.ts';`, 'generated/fib.ts'],
  ['src/server.ts', `import { openSqliteStore } from './store/sqlite.ts';`, 'src/store/sqlite.ts'],
  ['src/server.ts', `import type { Command } from './cli/command.ts';`, 'src/cli/command.ts'],
  ['src/config.ts', `import { readFileSync } from 'node:fs';`, 'fs'],
  ['src/config.ts', `import type { Policy } from './engine/policy.ts';`, 'src/engine/policy.ts'],
  ['src/engine/rotation.ts', `import { sign } from '../signer/jwt.ts';`, 'src/signer/jwt.ts'],
  ['src/engine/rotation.ts', `import type { Store } from '../store/sqlite.ts';`, 'src/store/sqlite.ts'],
  ['src/engine/claims.ts', `import { readFileSync } from 'fs';`, 'fs'],
  ['src/engine/claims.ts', `import { SignJWT } from 'jose';`, 'jose'],
  ['src/store/sqlite.ts', `import { decideRotation } from '../engine/rotation.ts';`, 'src/engine/rotation.ts'],
  ['src/store/sqlite.ts', `import { sign } from '../signer/jwt.ts';`, 'src/signer/jwt.ts'],
  ['src/store/sqlite.ts', `import { config } from '../config.ts';`, 'src/config.ts'],
  ['src/signer/jwt.ts', `import Database from 'better-sqlite3';`, 'better-sqlite3'],
  ['src/signer/jwt.ts', `export { unixTime } from '../engine/clock.ts';`, 'src/engine/clock.ts'],
  ['src/contracts/fib.ts', `import { decideRotation } from '../engine/rotation.ts';`, 'src/engine/rotation.ts'],
  ['src/contracts/fib.ts', `import { RefractError } from '../errors.ts';`, 'src/errors.ts'],
  ['src/contracts/fib.ts', `import { send } from '../http/send.ts';`, 'src/http/send.ts'],
  ['src/contracts/fib.ts', `import type { paths } from '../../generated/orillion.ts';`, 'generated/orillion.ts'],
  ['src/contracts/fib.ts', `import { createClient } from '../../generated/fib.client.ts';`, 'generated/fib.client.ts'],
  ['src/contracts/fib.ts', `import { orillion } from './orillion.ts';`, 'src/contracts/orillion.ts'],
  ['src/contracts/fib.ts', `import { randomUUID } from 'node:crypto';`, 'crypto'],
  ['src/contracts/shared/reply.ts', `import { fib } from '../fib.ts';`, 'src/contracts/fib.ts'],
  ['src/contracts/shared/reply.ts', `import type { paths } from '../../../generated/fib.ts';`, 'generated/fib.ts'],
  ['src/http/mount.ts', `import type { Engine } from '../engine/engine.ts';`, 'src/engine/engine.ts'],
  ['src/http/mount.ts', `import { fib } from '../contracts/fib.ts';`, 'src/contracts/fib.ts'],
  ['src/http/mount.ts', `import { log } from '../observe/log.ts';`, 'src/observe/log.ts'],
  ['src/http/mount.ts', `import pino from 'pino';`, 'pino'],
  ['src/client/session.ts', `import type { Session } from '../engine/session.ts';`, 'src/engine/session.ts'],
  ['src/client/session.ts', `import { setTimeout } from 'node:timers/promises';`, 'timers/promises'],
  ['src/observe/log.ts', `import { now } from '../engine/clock.ts';`, 'src/engine/clock.ts'],
  ['src/observe/log.ts', `import type { Request } from 'express';`, 'express'],
  ['src/console/page.ts', `import { send } from '../http/send.ts';`, 'src/http/send.ts'],
  ['src/console/page.ts', `import type { Session } from '../engine/session.ts';`, 'src/engine/session.ts'],
  ['generated/fib.ts', `import type { Refused } from '../src/engine/outcome.ts';`, 'src/engine/outcome.ts'],
  ['generated/fib.client.ts', `import type { paths } from './orillion.ts';`, 'generated/orillion.ts'],
  ['src/http/mount.ts', `import { lint } from '../../scripts/lint-openapi.ts';`, 'scripts/lint-openapi.ts'],
  ['src/http/mount.ts', `import { kit } from '../../test/kit.ts';`, 'test/kit.ts'],
  ['src/http/mount.ts', `import meta from '../../package.json' with { type: 'json' };`, 'package.json'],
];

const ways: readonly (readonly [text: string, to: string])[] = [
  [`import '../http/send.ts';`, 'src/http/send.ts'],
  [`import * as http from '../http/send.ts';`, 'src/http/send.ts'],
  [`export * from '../http/send.ts';`, 'src/http/send.ts'],
  [`export type { Reply } from '../http/reply.ts';`, 'src/http/reply.ts'],
  [`import http = require('../http/send.ts');`, 'src/http/send.ts'],
  [`const http = require('../http/send.ts');`, 'src/http/send.ts'],
  [`const load = async () => await import('../http/send.ts');`, 'src/http/send.ts'],
  [`const http = process.getBuiltinModule('http');`, 'http'],
  ['const load = async () => await import(`../http/send.ts`);', 'src/http/send.ts'],
  [`type Reply = import('../http/reply.ts').Reply;`, 'src/http/reply.ts'],
  [`/// <reference path="../http/reply.ts" />`, 'src/http/reply.ts'],
];

const allowed: readonly (readonly [from: string, text: string])[] = [
  ['src/main.ts', `import { run } from './cli/run.ts';`],
  ['src/cli/serve.ts', `import { compose } from '../app/app.ts'; import { join } from 'node:path';`],
  ['src/app/app.ts', `import { openStore } from '../store/sqlite.ts'; const load = (path: string) => import(path);`],
  ['src/engine/claims.ts', `import { createHash } from 'node:crypto'; import { Session } from './session.ts';`],
  [
    'src/store/sqlite.ts',
    `import type { Session } from '../engine/session.ts'; import { RefractError } from '../errors.ts';`,
  ],
  ['src/store/sqlite.ts', `import Database from 'better-sqlite3'; import { mkdir } from 'node:fs/promises';`],
  ['src/signer/jwt.ts', `import { SignJWT } from 'jose'; import { errors } from 'jose/errors';`],
  [
    'src/contracts/fib.ts',
    `import type { paths } from '../../generated/fib.ts'; import { envelope } from './shared/envelope.ts';`,
  ],
  [
    'src/contracts/fib.ts',
    `import type { Refused } from '../engine/outcome.ts'; import type { Reply } from '../http/reply.ts';`,
  ],
  ['src/http/mount.ts', `import express from 'express'; import { createServer } from 'http';`],
  ['src/client/session.ts', `import { createClient } from '../../generated/fib.client.ts';`],
  ['src/observe/log.ts', `import pino from 'pino'; import type { Event } from '../engine/events.ts';`],
  ['src/console/page.ts', `import type { Reply } from '../http/reply.ts';`],
  ['generated/fib.client.ts', `import createClient from 'openapi-fetch'; import type { paths } from './fib.ts';`],
];

test('an import that no layer allows is reported', async () => {
  const edges = edgesOf(await reported(planted(forbidden)));
  expect(edges.sort()).toEqual(forbidden.map(([from, , to]) => `${from} → ${to}`).sort());
});

test('every syntax of an import is found', async () => {
  const edges = ways.map(([text, to], index): Edge => [`src/engine/way-${String(index)}.ts`, text, to]);
  expect(edgesOf(await reported(planted(edges))).sort()).toEqual(edges.map(([from, , to]) => `${from} → ${to}`).sort());
});

test('an import that a layer allows passes', async () => {
  expect(edgesOf(await reported(planted(allowed.map(([from, text]) => [from, text, '']))))).toEqual([]);
});

describe('a circle is reported', () => {
  test.each([`import { b } from './b.ts';`, `import type { B } from './b.ts';`])(
    'a circle of imports is reported: %s',
    async (text) => {
      const files = new Map([
        ['src/engine/a.ts', text],
        ['src/engine/b.ts', `import './c.ts';`],
        ['src/engine/c.ts', `import type { A } from './a.ts';`],
      ]);
      expect((await reported(files)).map(({ rule, from }) => `${rule.name} ${from}`)).toEqual([
        'no-circle src/engine/a.ts',
      ]);
    },
  );
});

test('a file outside of all layers is reported, also without imports', async () => {
  const files = new Map([
    ['src/common/text.ts', ''],
    ['src/common/more.ts', `import 'node:fs';`],
    ['src/common/used.ts', ''],
    ['src/engine/user.ts', `import '../common/used.ts';`],
  ]);
  const found = (await reported(files)).map(({ from, to }) => (to.includes('common') ? to : from));
  expect([...new Set(found)].sort()).toEqual([...files.keys()].filter((path) => path.includes('common')).sort());
});
