import { describe, expect, test } from 'vitest';
import { findForbiddenImports } from './import-rule.ts';
import { listFiles, readFiles } from './tree.ts';

test('every import in src and generated is one that its layer may make', () => {
  const files = listFiles().filter((path) => /^(src|generated)\/.*\.[cm]?[jt]sx?$/.test(path));
  expect(files).not.toEqual([]);
  expect(findForbiddenImports(readFiles(files))).toEqual([]);
});

describe('an edge the rule does not name is reported', () => {
  test.for<[string, string, string]>([
    ['src/main.ts', `import { compose } from './app/app.ts';`, 'src/app/app.ts'],
    ['src/main.ts', `import { readFileSync } from 'node:fs';`, 'node:fs'],
    ['src/cli/serve.ts', `import { log } from '../observe/log.ts';`, 'src/observe/log.ts'],
    ['src/cli/issue.ts', `import express from 'express';`, 'express'],
    ['src/app/app.ts', `import { serve } from '../cli/serve.ts';`, 'src/cli/serve.ts'],
    ['src/app/app.ts', `import '../main.ts';`, 'src/main.ts'],
    ['src/app/app.ts', `import express from 'express';`, 'express'],
    ['src/app/app.ts', `import type { paths } from '../../generated/fib.ts';`, 'generated/fib.ts'],
    ['src/server.ts', `import { openSqliteStore } from './store/sqlite.ts';`, 'src/store/sqlite.ts'],
    ['src/server.ts', `import type { Command } from './cli/command.ts';`, 'src/cli/command.ts'],
    ['src/config.ts', `import { readFileSync } from 'node:fs';`, 'node:fs'],
    ['src/config.ts', `import type { Policy } from './engine/policy.ts';`, 'src/engine/policy.ts'],
    ['src/engine/rotation.ts', `import { sign } from '../signer/jwt.ts';`, 'src/signer/jwt.ts'],
    ['src/engine/rotation.ts', `import type { Store } from '../store/sqlite.ts';`, 'src/store/sqlite.ts'],
    ['src/engine/claims.ts', `import { readFileSync } from 'fs';`, 'node:fs'],
    ['src/engine/claims.ts', `import { SignJWT } from 'jose';`, 'jose'],
    ['src/store/sqlite.ts', `import { decideRotation } from '../engine/rotation.ts';`, 'src/engine/rotation.ts'],
    ['src/store/sqlite.ts', `import { type Session } from '../engine/session.ts';`, 'src/engine/session.ts'],
    ['src/store/sqlite.ts', `import { sign } from '../signer/jwt.ts';`, 'src/signer/jwt.ts'],
    ['src/errors.ts', `import { createHash } from 'node:crypto';`, 'node:crypto'],
    ['src/store/sqlite.ts', `import { config } from '../config.ts';`, 'src/config.ts'],
    ['src/signer/jwt.ts', `import Database from 'better-sqlite3';`, 'better-sqlite3'],
    ['src/signer/jwt.ts', `export { unixTime } from '../engine/clock.ts';`, 'src/engine/clock.ts'],
    ['src/contracts/fib.ts', `import { decideRotation } from '../engine/rotation.ts';`, 'src/engine/rotation.ts'],
    ['src/contracts/fib.ts', `import { createEngine } from '../engine/engine.ts';`, 'src/engine/engine.ts'],
    ['src/contracts/fib.ts', `import { send } from '../http/send.ts';`, 'src/http/send.ts'],
    ['src/contracts/fib.ts', `import type { paths } from '../../generated/orillion.ts';`, 'generated/orillion.ts'],
    [
      'src/contracts/fib.ts',
      `import { createClient } from '../../generated/fib.client.ts';`,
      'generated/fib.client.ts',
    ],
    ['src/contracts/fib.ts', `import { orillion } from './orillion.ts';`, 'src/contracts/orillion.ts'],
    ['src/contracts/fib.ts', `import { randomUUID } from 'node:crypto';`, 'node:crypto'],
    ['src/contracts/shared/reply.ts', `import { fib } from '../fib.ts';`, 'src/contracts/fib.ts'],
    ['src/contracts/shared/reply.ts', `import type { paths } from '../../../generated/fib.ts';`, 'generated/fib.ts'],
    ['src/http/mount.ts', `import type { Engine } from '../engine/engine.ts';`, 'src/engine/engine.ts'],
    ['src/http/mount.ts', `import { fib } from '../contracts/fib.ts';`, 'src/contracts/fib.ts'],
    ['src/http/mount.ts', `import { log } from '../observe/log.ts';`, 'src/observe/log.ts'],
    ['src/http/mount.ts', `import pino from 'pino';`, 'pino'],
    ['src/client/session.ts', `import type { Session } from '../engine/session.ts';`, 'src/engine/session.ts'],
    ['src/client/session.ts', `import { setTimeout } from 'node:timers/promises';`, 'node:timers/promises'],
    ['src/observe/log.ts', `import { now } from '../engine/clock.ts';`, 'src/engine/clock.ts'],
    ['src/observe/log.ts', `import type { Request } from 'express';`, 'express'],
    ['src/console/page.ts', `import { send } from '../http/send.ts';`, 'src/http/send.ts'],
    ['src/console/page.ts', `import type { Session } from '../engine/session.ts';`, 'src/engine/session.ts'],
    ['generated/fib.ts', `import type { Refused } from '../src/engine/outcome.ts';`, 'src/engine/outcome.ts'],
    ['generated/fib.client.ts', `import type { paths } from './orillion.ts';`, 'generated/orillion.ts'],
    ['src/http/mount.ts', `import { lint } from '../../scripts/lint-openapi.ts';`, 'scripts/lint-openapi.ts'],
    ['src/http/mount.ts', `import { kit } from '../../test/kit.ts';`, 'test/kit.ts'],
    ['src/http/mount.ts', `import meta from '../../package.json' with { type: 'json' };`, 'package.json'],
  ])('%s: %s', ([from, text, to]) => {
    expect(findForbiddenImports(new Map([[from, text]]))).toEqual([
      { from, to, reason: expect.stringContaining('may') },
    ]);
  });
});

describe('no way of writing an import hides it', () => {
  test.for<[string, string]>([
    [`import '../http/send.ts';`, 'src/http/send.ts'],
    [`import * as http from '../http/send.ts';`, 'src/http/send.ts'],
    [`export * from '../http/send.ts';`, 'src/http/send.ts'],
    [`export type { Reply } from '../http/reply.ts';`, 'src/http/reply.ts'],
    [`import http = require('../http/send.ts');`, 'src/http/send.ts'],
    [`const http = require('../http/send.ts');`, 'src/http/send.ts'],
    [`const load = async () => await import('../http/send.ts');`, 'src/http/send.ts'],
    [`const http = process.getBuiltinModule('http');`, 'node:http'],
    ['const load = async () => await import(`../http/send.ts`);', 'src/http/send.ts'],
    [`const load = async (name: string) => await import(name);`, '?'],
    [`type Reply = import('../http/reply.ts').Reply;`, 'src/http/reply.ts'],
    [`/// <reference path="../http/reply.ts" />`, 'src/http/reply.ts'],
  ])('%s', ([text, to]) => {
    const found = findForbiddenImports(new Map([['src/engine/rotation.ts', text]]));
    expect(found.map((edge) => edge.to)).toEqual([to]);
  });
});

test('a file that belongs to no layer is reported, even where it imports nothing', () => {
  expect(findForbiddenImports(new Map([['src/common/text.ts', '']]))).toHaveLength(1);
});

describe('an edge the rule names passes', () => {
  test.for<[string, string]>([
    ['src/main.ts', `import { run } from './cli/run.ts';`],
    ['src/engine/claims.ts', `import { RefractError } from '../errors.ts';`],
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
  ])('%s: %s', ([from, text]) => {
    expect(findForbiddenImports(new Map([[from, text]]))).toEqual([]);
  });
});
