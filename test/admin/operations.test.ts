// The admin contract over real HTTP: every operation, each with every status that its document has.
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDocument, openapiFolder, type DocumentedOperation } from '../../src/http/documents.ts';
import { serializeBody } from '../../src/http/example-call.ts';
import { at } from '../shared/at.ts';
import { undocumented } from '../shared/documented.ts';
import { holdImport, linesOfRows, subjectRow } from '../shared/importing.ts';
import { spoil } from '../shared/provoking.ts';
import { adminToken, startServer, type TestServer } from '../shared/server.ts';
import { claimsOf } from '../shared/tokens.ts';
import { call, json, type WireAnswer } from '../shared/wire.ts';

const document = loadDocument(`${openapiFolder}/admin.yaml`);
const bearer = { authorization: `Bearer ${adminToken}` };

let server: TestServer;
let spoilt: TestServer;
/** Of the server whose database is spoilt. */
let ownToken: string;
beforeAll(async () => {
  server = await startServer();
  spoilt = await startServer();
  await spoilt.adminOrigin();
  ownToken = await spoilt.issue('xerial');
  spoil(spoilt.database);
});
afterAll(async () => {
  await server.stop();
  await spoilt.stop();
});

interface Asked {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request to an operation and holds the answer against its document. */
async function ask(operationId: string, { path, body, headers = bearer }: Asked, to = server): Promise<WireAnswer> {
  const operation = operationOf(operationId);
  const answer = await call(await to.adminOrigin(), {
    method: operation.method.toUpperCase(),
    path: document.basePath + path,
    headers: { ...headers, ...(operation.request !== undefined && { 'content-type': operation.request.mediaType }) },
    body: operation.request === undefined ? undefined : serializeBody(operation.request.mediaType, body),
  });
  expect(undocumented(operation, answer), `${operationId}: ${String(answer.status)} ${answer.body}`).toEqual([]);
  return answer;
}

function operationOf(operationId: string): DocumentedOperation {
  const found = document.operations.find((one) => one.operationId === operationId);
  if (found === undefined) throw new Error(`there is no ${operationId}`);
  return found;
}

let subjects = 0;
/** A subject of its own for a test, with a session. */
async function someone(contract = 'xerial') {
  const id = `subject-${String((subjects += 1))}`;
  const token = await server.issue(contract, id);
  return { id, token, session: String(claimsOf(token)['sid']) };
}

const json$ = { email: 'a@example.com', account: null };
const unknown = 'nobody';

/** For each operation a request that is granted, and those for its own refusals. */
const requests: Readonly<
  Record<
    string,
    {
      readonly granted: () => Promise<Asked> | Asked;
      readonly violation?: Asked;
      readonly missing?: Asked;
      readonly conflict?: () => Promise<Asked> | Asked;
    }
  >
> = {
  putSubject: {
    granted: () => ({ path: '/subjects/alice', body: json$ }),
    violation: { path: '/subjects/alice', body: { email: 7 } },
  },
  getSubject: {
    granted: async () => ({ path: `/subjects/${(await someone()).id}` }),
    violation: { path: `/subjects/${'x'.repeat(256)}` },
    missing: { path: `/subjects/${unknown}` },
  },
  deleteSubject: {
    granted: async () => ({ path: `/subjects/${(await someone()).id}` }),
    violation: { path: `/subjects/${'x'.repeat(256)}` },
    missing: { path: `/subjects/${unknown}` },
  },
  ...Object.fromEntries(
    (
      [
        ['disableSubject', 'disable'],
        ['enableSubject', 'enable'],
        ['credentialsChanged', 'credentials-changed'],
      ] as const
    ).map(([operationId, verb]) => [
      operationId,
      {
        granted: async () => ({ path: `/subjects/${(await someone()).id}/${verb}` }),
        violation: { path: `/subjects/${'x'.repeat(256)}/${verb}` },
        missing: { path: `/subjects/${unknown}/${verb}` },
      },
    ]),
  ),
  issueSession: {
    granted: async () => ({
      path: '/sessions',
      body: { contract: 'fib', subjectId: (await someone()).id, label: 'x' },
    }),
    violation: { path: '/sessions', body: { contract: 'fib' } },
    missing: { path: '/sessions', body: { contract: 'fib', subjectId: unknown } },
    conflict: async () => {
      const { id } = await someone();
      await server.refract.store.disableSubject(id);
      return { path: '/sessions', body: { contract: 'fib', subjectId: id } };
    },
  },
  listSessions: { granted: () => ({ path: '/sessions?limit=2' }), violation: { path: '/sessions?limit=201' } },
  getSession: {
    granted: async () => ({ path: `/sessions/${(await someone()).session}` }),
    violation: { path: `/sessions/${'x'.repeat(201)}` },
    missing: { path: `/sessions/${unknown}` },
  },
  revokeSession: {
    granted: async () => ({ path: `/sessions/${(await someone()).session}` }),
    violation: { path: `/sessions/${'x'.repeat(201)}` },
    missing: { path: `/sessions/${unknown}` },
  },
  revokeSessions: {
    granted: async () => ({ path: '/revocations', body: { subjectId: (await someone()).id } }),
    violation: { path: '/revocations', body: { subjectId: 'a', contract: 'fib' } },
    missing: { path: '/revocations', body: { contract: unknown } },
  },
  introspect: {
    granted: async () => ({ path: '/introspection', body: { token: (await someone()).token } }),
    violation: { path: '/introspection', body: { nothing: 'x' } },
  },
  importRows: {
    granted: () => ({ path: '/imports', body: linesOfRows([subjectRow('imported')]) }),
    violation: { path: '/imports', body: 'id,email\n42,a@example.com\n' },
    conflict: async () => {
      await holdImport(await server.adminOrigin());
      return { path: '/imports', body: linesOfRows([subjectRow('second')]) };
    },
  },
  listImports: {
    granted: () => ({ path: '/imports' }),
    violation: { path: '/imports' },
  },
  listKeySets: {
    granted: () => ({ path: '/keys' }),
    violation: { path: '/keys', headers: { ...bearer, 'x-two': '' } },
  },
  addKeySet: {
    granted: () => ({ path: '/keys/orillion', body: {} }),
    violation: { path: '/keys/xerial', body: { accessKey: 'short' } },
    missing: { path: `/keys/${unknown}`, body: {} },
    conflict: async () => {
      const { administration } = server.refract;
      const isThere = (await administration.listKeySets()).some(
        ({ contract, state }) => contract === 'cloudreve' && state === 'next',
      );
      if (!isThere) await administration.addKeySet('cloudreve', {}, { actor: 'test' });
      return { path: '/keys/cloudreve', body: {} };
    },
  },
  rotateKeySet: {
    granted: () => ({ path: '/keys/fib/rotate', body: { atOnce: true } }),
    violation: { path: '/keys/fib/rotate', body: { atOnce: 'yes' } },
    missing: { path: `/keys/${unknown}/rotate`, body: {} },
    conflict: () => ({ path: '/keys/fib/rotate', body: {} }),
  },
  compromiseKeySets: {
    granted: () => ({ path: '/keys/cloudreve/compromise' }),
    violation: { path: `/keys/${'x'.repeat(201)}/compromise` },
    missing: { path: `/keys/${unknown}/compromise` },
  },
  removeKeySet: {
    granted: async () => {
      const { administration } = server.refract;
      const next = (await administration.listKeySets()).find(
        ({ contract, state }) => contract === 'xerial' && state === 'next',
      );
      const { id } = next ?? (await administration.addKeySet('xerial', {}, { actor: 'test' }));
      return { path: `/keys/xerial/${id}` };
    },
    violation: { path: '/keys/xerial/x?force=perhaps' },
    missing: { path: `/keys/xerial/${unknown}` },
    conflict: async () => {
      const active = (await server.refract.administration.listKeySets()).find(
        ({ contract, state }) => contract === 'xerial' && state === 'active',
      );
      return { path: `/keys/xerial/${active?.id ?? ''}?force=true` };
    },
  },
  listAuditEvents: { granted: () => ({ path: '/audit?limit=1' }), violation: { path: '/audit?type=unheard' } },
  getStatistics: { granted: () => ({ path: '/statistics' }), violation: { path: '/statistics' } },
};

test('every operation of the document is in this table', () => {
  expect(Object.keys(requests).sort()).toEqual(document.operations.map(({ operationId }) => operationId).sort());
});

describe.each(document.operations.map((operation) => [operation.operationId, operation] as const))(
  '%s',
  (operationId, operation) => {
    const { granted, violation, missing, conflict } = requests[operationId] ?? { granted: () => ({ path: '' }) };
    const success = [...operation.responses.keys()].find((status) => status < 300);

    test(`${String(success)}: what is asked is done`, async () => {
      expect((await ask(operationId, await granted())).status).toBe(success);
    });

    test('401 without a token, with a wrong one, with another scheme, and with half of one', async () => {
      const asked = await granted();
      for (const authorization of [
        undefined,
        '',
        'Bearer',
        'Bearer wrong',
        `Basic ${adminToken}`,
        adminToken,
        `Bearer ${adminToken.slice(0, -1)}`,
        `Bearer ${adminToken}x`,
        `Bearer ${adminToken} ${adminToken}`,
      ]) {
        const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
        const answer = await ask(operationId, { ...asked, headers });
        expect([authorization, answer.status]).toEqual([authorization, 401]);
      }
    });

    test('400 for what does not fit, without any of it in the answer', async () => {
      // An operation without parameters and body is violated by two credentials alone.
      const isBare = ['listKeySets', 'getStatistics', 'listImports'].includes(operationId);
      const answer = isBare
        ? await call(await server.adminOrigin(), {
            method: 'GET',
            path: document.basePath + (violation?.path ?? ''),
            headers: { authorization: [bearer.authorization, bearer.authorization] },
          })
        : await ask(operationId, violation ?? { path: '' });
      expect([answer.status, undocumented(operation, answer)]).toEqual([400, []]);
      expect(answer.body).not.toContain('x'.repeat(50));
    });

    if (operation.responses.has(404))
      test('404 for what is not there', async () => {
        const answer = await ask(operationId, missing ?? { path: '' });
        expect([answer.status, at(json(answer), 'detail')]).toEqual([
          404,
          expect.stringMatching(/^There is no .+\.$|; there are/),
        ]);
      });

    if (operation.responses.has(409))
      test('409 where things are not so', async () => {
        expect((await ask(operationId, (await conflict?.()) ?? { path: '' })).status).toBe(409);
      });

    test('405 for another method', async () => {
      const { path } = await granted();
      const answer = await call(await server.adminOrigin(), {
        method: 'TRACE',
        path: (document.basePath + path).split('?')[0] ?? '',
        headers: bearer,
      });
      expect([answer.status, answer.headers['allow']]).toEqual([
        405,
        expect.stringContaining(operation.method.toUpperCase()),
      ]);
    });

    // What is in memory is told all the same.
    const isOfMemory = operationId === 'listImports';
    test(`${isOfMemory ? '200' : '503'} while the database is unreadable`, async () => {
      // Prepared on the sound one: what matters is that the request is one that would be granted.
      const asked =
        operationId === 'introspect' ? { path: '/introspection', body: { token: ownToken } } : await granted();
      const answer = await ask(operationId, asked, spoilt);
      expect(answer.status).toBe(isOfMemory ? 200 : 503);
      if (!isOfMemory) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    });
  },
);

test('the public listener has no admin contract, and the admin listener no other', async () => {
  const path = `${document.basePath}/statistics`;
  expect((await call(server.origin, { method: 'GET', path, headers: bearer })).status).toBe(404);
  const refresh = { method: 'POST', path: '/xerial/auth/refresh-tokens', body: '{}' };
  expect((await call(await server.adminOrigin(), refresh)).status).toBe(404);
  expect((await call(await server.adminOrigin(), { method: 'GET', path: '/jwks/admin.json' })).status).toBe(404);
});

test('a key that is brought along is never repeated, in no answer', async () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const answer = await ask('addKeySet', { path: '/keys/kirjaswappi', body: { accessKey: pem } });
  expect(answer.status).toBe(400);
  expect(answer.body).not.toContain(pem.split('\n')[1] ?? pem);
});
