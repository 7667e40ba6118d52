// The admin contract over real HTTP: every operation with every documented status.
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
/** A token of the server whose database is damaged. */
let spoiltToken: string;
beforeAll(async () => {
  server = await startServer();
  spoilt = await startServer();
  await spoilt.adminOrigin();
  spoiltToken = await spoilt.issue('xerial');
  spoil(spoilt.database);
});
afterAll(async () => {
  await server.stop();
  await spoilt.stop();
});

interface OperationCall {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls an operation and validates the response against its document. */
async function request(
  operationId: string,
  { path, body, headers = bearer }: OperationCall,
  to = server,
): Promise<WireAnswer> {
  const operation = operationOf(operationId);
  const response = await call(await to.adminOrigin(), {
    method: operation.method.toUpperCase(),
    path: document.basePath + path,
    headers: { ...headers, ...(operation.request !== undefined && { 'content-type': operation.request.mediaType }) },
    body: operation.request === undefined ? undefined : serializeBody(operation.request.mediaType, body),
  });
  expect(undocumented(operation, response), `${operationId}: ${String(response.status)} ${response.body}`).toEqual([]);
  return response;
}

function operationOf(operationId: string): DocumentedOperation {
  const found = document.operations.find((one) => one.operationId === operationId);
  if (found === undefined) throw new Error(`the document has no ${operationId}`);
  return found;
}

let subjects = 0;
/** Adds a subject for one test, with a session. */
async function newSubject(contract = 'xerial') {
  const id = `subject-${String((subjects += 1))}`;
  const token = await server.issue(contract, id);
  return { id, token, session: String(claimsOf(token)['sid']) };
}

const subjectDetails = { email: 'a@example.com', account: null };
const unknown = 'unknown';

/** For each operation a request that is granted, and requests for its own refusals. */
const requests: Readonly<
  Record<
    string,
    {
      readonly granted: () => Promise<OperationCall> | OperationCall;
      readonly violation?: OperationCall;
      readonly missing?: OperationCall;
      readonly conflict?: () => Promise<OperationCall> | OperationCall;
    }
  >
> = {
  putSubject: {
    granted: () => ({ path: '/subjects/alice', body: subjectDetails }),
    violation: { path: '/subjects/alice', body: { email: 7 } },
  },
  getSubject: {
    granted: async () => ({ path: `/subjects/${(await newSubject()).id}` }),
    violation: { path: `/subjects/${'x'.repeat(256)}` },
    missing: { path: `/subjects/${unknown}` },
  },
  deleteSubject: {
    granted: async () => ({ path: `/subjects/${(await newSubject()).id}` }),
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
        granted: async () => ({ path: `/subjects/${(await newSubject()).id}/${verb}` }),
        violation: { path: `/subjects/${'x'.repeat(256)}/${verb}` },
        missing: { path: `/subjects/${unknown}/${verb}` },
      },
    ]),
  ),
  issueSession: {
    granted: async () => ({
      path: '/sessions',
      body: { contract: 'fib', subjectId: (await newSubject()).id, label: 'x' },
    }),
    violation: { path: '/sessions', body: { contract: 'fib' } },
    missing: { path: '/sessions', body: { contract: 'fib', subjectId: unknown } },
    conflict: async () => {
      const { id } = await newSubject();
      await server.refract.store.disableSubject(id);
      return { path: '/sessions', body: { contract: 'fib', subjectId: id } };
    },
  },
  listSessions: { granted: () => ({ path: '/sessions?limit=2' }), violation: { path: '/sessions?limit=201' } },
  getSession: {
    granted: async () => ({ path: `/sessions/${(await newSubject()).session}` }),
    violation: { path: `/sessions/${'x'.repeat(201)}` },
    missing: { path: `/sessions/${unknown}` },
  },
  revokeSession: {
    granted: async () => ({ path: `/sessions/${(await newSubject()).session}` }),
    violation: { path: `/sessions/${'x'.repeat(201)}` },
    missing: { path: `/sessions/${unknown}` },
  },
  revokeSessions: {
    granted: async () => ({ path: '/revocations', body: { subjectId: (await newSubject()).id } }),
    violation: { path: '/revocations', body: { subjectId: 'a', contract: 'fib' } },
    missing: { path: '/revocations', body: { contract: unknown } },
  },
  introspect: {
    granted: async () => ({ path: '/introspection', body: { token: (await newSubject()).token } }),
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
      const hasNext = (await administration.listKeySets()).some(
        ({ contract, state }) => contract === 'cloudreve' && state === 'next',
      );
      if (!hasNext) await administration.addKeySet('cloudreve', {}, { actor: 'test' });
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

test('the table of requests has every operation of the admin document', () => {
  expect(Object.keys(requests).sort()).toEqual(document.operations.map(({ operationId }) => operationId).sort());
});

describe.each(document.operations.map((operation) => [operation.operationId, operation] as const))(
  '%s',
  (operationId, operation) => {
    const { granted, violation, missing, conflict } = requests[operationId] ?? { granted: () => ({ path: '' }) };
    const success = [...operation.responses.keys()].find((status) => status < 300);

    test(`the operation responds ${String(success)} to a valid request`, async () => {
      expect((await request(operationId, await granted())).status).toBe(success);
    });

    test('the operation responds 401 without a token, and to a wrong, cut or doubled one', async () => {
      const sent = await granted();
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
        const response = await request(operationId, { ...sent, headers });
        expect([authorization, response.status]).toEqual([authorization, 401]);
      }
    });

    test('the operation responds 400 to a violation, without repeating the value', async () => {
      // An operation without parameters and body can only be violated by two credentials.
      const isBare = ['listKeySets', 'getStatistics', 'listImports'].includes(operationId);
      const response = isBare
        ? await call(await server.adminOrigin(), {
            method: 'GET',
            path: document.basePath + (violation?.path ?? ''),
            headers: { authorization: [bearer.authorization, bearer.authorization] },
          })
        : await request(operationId, violation ?? { path: '' });
      expect([response.status, undocumented(operation, response)]).toEqual([400, []]);
      expect(response.body).not.toContain('x'.repeat(50));
    });

    if (operation.responses.has(404))
      test('the operation responds 404 for an unknown resource', async () => {
        const response = await request(operationId, missing ?? { path: '' });
        expect([response.status, at(json(response), 'detail')]).toEqual([
          404,
          expect.stringMatching(/^There is no .+\.$|; there are/),
        ]);
      });

    if (operation.responses.has(409))
      test('the operation responds 409 to a conflict', async () => {
        expect((await request(operationId, (await conflict?.()) ?? { path: '' })).status).toBe(409);
      });

    test('the operation responds 405 to another method', async () => {
      const { path } = await granted();
      const response = await call(await server.adminOrigin(), {
        method: 'TRACE',
        path: (document.basePath + path).split('?')[0] ?? '',
        headers: bearer,
      });
      expect([response.status, response.headers['allow']]).toEqual([
        405,
        expect.stringContaining(operation.method.toUpperCase()),
      ]);
    });

    // This operation reads from memory.
    const readsMemory = operationId === 'listImports';
    test(`the operation responds ${readsMemory ? '200' : '503'} while the database is unreadable`, async () => {
      // Prepared on the intact server, which would grant the request.
      const sent =
        operationId === 'introspect' ? { path: '/introspection', body: { token: spoiltToken } } : await granted();
      const response = await request(operationId, sent, spoilt);
      expect(response.status).toBe(readsMemory ? 200 : 503);
      if (!readsMemory) expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    });
  },
);

test('the public listener has no admin contract, the admin listener no other', async () => {
  const path = `${document.basePath}/statistics`;
  expect((await call(server.origin, { method: 'GET', path, headers: bearer })).status).toBe(404);
  const refresh = { method: 'POST', path: '/xerial/auth/refresh-tokens', body: '{}' };
  expect((await call(await server.adminOrigin(), refresh)).status).toBe(404);
  expect((await call(await server.adminOrigin(), { method: 'GET', path: '/jwks/admin.json' })).status).toBe(404);
});

test('no admin response repeats an imported key', async () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const response = await request('addKeySet', { path: '/keys/kirjaswappi', body: { accessKey: pem } });
  expect(response.status).toBe(400);
  expect(response.body).not.toContain(pem.split('\n')[1] ?? pem);
});
