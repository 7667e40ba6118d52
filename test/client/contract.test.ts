// How a session reads each documented response, by the examples of the documents and by the responses of the mock.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMock, type Mock } from '../../scripts/mock.ts';
import { createSession, SignedOut } from '../../src/client/session.ts';
import { loadContracts } from '../../src/app/contracts.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import {
  contracts,
  contractNames,
  fakeClock,
  collectEvents,
  advanceUntil,
  signIn,
  createConnection,
  type ContractName,
} from './world.ts';

const loaded = await loadContracts();

/** The only responses that end a session, by contract: status and example. After any other refusal the session retries. */
const finalRefusals: Readonly<Record<ContractName, RegExp>> = {
  cloudreve: /^200 invalidToken/,
  fib: /^(401|404|422) /,
  kirjaswappi: /^(401|404) /,
  orillion: /^(401|404|422) /,
  xerial: /^401 /,
};

const examples = contractNames.flatMap((name) => {
  const documents = loaded.filter((contract) => contract.name === name);
  const responses = documents.flatMap(({ document }) =>
    document.operations.flatMap((one) => [...one.responses.values()]),
  );
  return responses.flatMap(({ status, examples }) =>
    [...examples].map(([example, body]) => ({ name, label: `${status} ${example}`, status, example, body })),
  );
});

/** The expected result by the document: of 200 the first example grants. */
function expectedKind(name: ContractName, label: string, body: unknown): string {
  if (finalRefusals[name].test(label)) return 'refused';
  const isGranting = /"eyJ[\w.-]+"/.test(JSON.stringify(body));
  return isGranting ? 'granted' : 'unavailable';
}

test.each(examples)('the client of $name reads $label as the document defines it', ({ name, label, status, body }) => {
  expect(contracts[name].read(status, body).kind).toBe(expectedKind(name, label, body));
});

test('each contract documents a response of every kind', () => {
  for (const name of contractNames) {
    const kinds = examples.filter((one) => one.name === name).map(({ label, body }) => expectedKind(name, label, body));
    expect([name, new Set(kinds)]).toEqual([name, new Set(['granted', 'refused', 'unavailable'])]);
  }
});

describe('against the mock', () => {
  let mock: Mock;
  let origin: string;
  let server: TestServer;
  beforeAll(async () => {
    [mock, server] = await Promise.all([createMock(loaded, false), startServer()]);
    origin = await mock.listen(0, '127.0.0.1');
  });
  afterAll(async () => {
    await mock.close();
    await server.stop();
  });

  test.each(examples)(
    'a session of $name against the mock handles $label',
    async ({ name, label, status, example, body }) => {
      fakeClock(server);
      const tokens = await signIn(server, name);
      const connection = createConnection();
      // The first response is the requested one, the next is the mock's default.
      const preferring: typeof fetch = async (input, init) => {
        const request = new Request(input, init);
        if (connection.sent.length === 0) request.headers.set('prefer', `code=${status}, example=${example}`);
        return connection.fetch(request);
      };
      const session = createSession({
        contract: contracts[name],
        origin,
        tokens,
        fetch: preferring,
        patience: 600_000,
      });
      const events = collectEvents(session);
      const pending = advanceUntil(session.accessTokenAfter(tokens.accessToken), connection);
      const kind = expectedKind(name, label, body);
      if (kind === 'refused') await expect(pending).rejects.toBeInstanceOf(SignedOut);
      else expect(await pending).not.toBe(tokens.accessToken);
      session.close();
      const told = { granted: ['refreshed'], refused: ['signed-out'], unavailable: ['unavailable', 'refreshed'] }[kind];
      expect(events.map(([type]) => type)).toEqual(told);
    },
  );
});
