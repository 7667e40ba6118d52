// What a session takes each documented answer for, by the examples of the documents themselves; and the same once more as
// the mock gives them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMock, type Mock } from '../../scripts/mock.ts';
import { createSession, SignedOut } from '../../src/client/session.ts';
import { loadContracts } from '../../src/app/contracts.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { contracts, contractNames, handTime, heard, passing, signedIn, wayTo, type ContractName } from './world.ts';

const loaded = await loadContracts();

/** The only answers that end a session, by contract: status and example. Whatever else says no is waited out. */
const terminal: Readonly<Record<ContractName, RegExp>> = {
  cloudreve: /^200 invalidToken/,
  fib: /^(401|404|422) /,
  kirjaswappi: /^(401|404) /,
  orillion: /^(401|404|422) /,
  xerial: /^401 /,
};

const answers = contractNames.flatMap((name) => {
  const documents = loaded.filter((contract) => contract.name === name);
  const responses = documents.flatMap(({ document }) =>
    document.operations.flatMap((one) => [...one.responses.values()]),
  );
  return responses.flatMap(({ status, examples }) =>
    [...examples].map(([example, body]) => ({ name, answer: `${status} ${example}`, status, example, body })),
  );
});

/** As the document says it: with 200 the first example grants, and what is terminal is terminal. */
function meaning(name: ContractName, answer: string, body: unknown): string {
  if (terminal[name].test(answer)) return 'refused';
  const isGranting = /"eyJ[\w.-]+"/.test(JSON.stringify(body));
  return isGranting ? 'granted' : 'unavailable';
}

test.each(answers)('$name: $answer', ({ name, answer, status, body }) => {
  expect(contracts[name].read(status, body).kind).toBe(meaning(name, answer, body));
});

test('of each contract there is an answer of every kind', () => {
  for (const name of contractNames) {
    const kinds = answers.filter((one) => one.name === name).map(({ answer, body }) => meaning(name, answer, body));
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

  test.each(answers)('$name: $answer', async ({ name, answer, status, example, body }) => {
    handTime(server);
    const tokens = await signedIn(server, name);
    const way = wayTo();
    // The first answer is the one asked for, the next is the mock's own.
    const preferring: typeof fetch = async (input, init) => {
      const request = new Request(input, init);
      if (way.sent.length === 0) request.headers.set('prefer', `code=${status}, example=${example}`);
      return way.fetch(request);
    };
    const session = createSession({ contract: contracts[name], origin, tokens, fetch: preferring, patience: 600_000 });
    const events = heard(session);
    const asked = passing(session.accessTokenAfter(tokens.accessToken), way);
    const kind = meaning(name, answer, body);
    if (kind === 'refused') await expect(asked).rejects.toBeInstanceOf(SignedOut);
    else expect(await asked).not.toBe(tokens.accessToken);
    session.close();
    const told = { granted: ['refreshed'], refused: ['signed-out'], unavailable: ['unavailable', 'refreshed'] }[kind];
    expect(events.map(([type]) => type)).toEqual(told);
  });
});
