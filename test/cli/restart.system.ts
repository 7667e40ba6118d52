// Sessions outlive the process: the last token received is valid, and after a lost response the last token sent. One server
// of all contracts is killed repeatedly while all of them refresh.
import { once } from 'node:events';
import { request as open } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePlace, noDetails, type Place, type Process, type Serving } from '../shared/cli.ts';
import {
  accessTokenIn,
  callFor,
  contracts,
  isGranted,
  refreshTokenIn,
  send,
  type ContractName,
} from '../shared/refreshing.ts';
import { claimsOf } from '../shared/tokens.ts';
import { json } from '../shared/wire.ts';

/** The state of a client of one contract. */
interface Client {
  readonly contract: ContractName;
  readonly session: string;
  /** The token to send next: the last one received, or the one whose response was lost. */
  token: string;
  /** Of the token. */
  generation: number;
}

let place: Place;
let serving: Serving<Process>;

beforeAll(async () => {
  place = makePlace();
  serving = await place.serveAlone({});
});
afterAll(() => place.clear());

test.for(['SIGKILL', 'SIGTERM'] as const)('a response that the client ignored is repeated after %s', async (signal) => {
  const clients = await signIn();
  const ignored = await Promise.all(clients.map((client) => refreshOnce(client)));
  await restart(signal);
  for (const [index, client] of clients.entries()) {
    const { contract } = client;
    const repeated = await refreshOnce(client);
    // A static refresh returns the same access token within one second, and no refresh token.
    if (contract !== 'kirjaswappi') {
      expect(accessTokenIn(contract, repeated), contract).toBe(accessTokenIn(contract, ignored[index]));
      expect(refreshTokenIn(contract, repeated), contract).toBe(refreshTokenIn(contract, ignored[index]));
    }
    continueWith(client, repeated);
    continueWith(client, await refreshOnce(client));
  }
  await expectGenerations(clients, 2);
});

test('a request whose process was killed succeeds on the next process', async () => {
  const clients = await signIn();
  const sent = clients.map(({ contract, token }) => sendOnly(contract, token));
  await Promise.all(sent);
  await restart('SIGKILL');
  // Executed or not even read, the request returns the first successor when it is sent again.
  for (const client of clients) continueWith(client, await refreshOnce(client));
  await expectGenerations(clients, 1);
});

test('sessions continue through kills between and during requests', async () => {
  const clients = await signIn();
  for (let kills = 1; kills <= 2; kills += 1) {
    // The kill comes after some responses to one client; all clients send requests until none succeeds.
    const killer = clients[kills];
    await Promise.all(
      clients.map(async (client) => {
        for (let responses = 1; await step(client); responses += 1) {
          if (client === killer && responses === 3 * kills) serving.kill('SIGKILL');
        }
      }),
    );
    await restart('SIGKILL');
    for (const client of clients) continueWith(client, await refreshOnce(client));
  }
  for (const client of clients) await expectGenerations([client], client.generation);
});

/** Issues a session in every contract. */
async function signIn(): Promise<Client[]> {
  return place.inside(async ({ store, issue }) => {
    await store.putSubject('bob', noDetails);
    const clients: Client[] = [];
    for (const contract of contracts) {
      const issued = await issue(contract, 'bob');
      if (issued.kind === 'refused') throw new Error(issued.refusal);
      const { session, grant } = issued;
      clients.push({ contract, session: session.id, token: grant.refresh.token, generation: 0 });
    }
    return clients;
  });
}

/** Refreshes with the client's token, and keeps it. @returns the body of the response */
async function refreshOnce({ contract, token }: Client): Promise<unknown> {
  const response = await send(serving.origin, contract, token);
  expect(isGranted(contract, response), `${contract}: ${String(response.status)} ${response.body}`).toBe(true);
  return json(response);
}

/** Refreshes, and continues with the successor. @returns whether there was a response */
async function step(client: Client): Promise<boolean> {
  let body: unknown;
  try {
    body = await refreshOnce(client);
  } catch (reason) {
    // Only a connection that broke or failed counts as no response.
    if (!(reason instanceof Error && 'syscall' in reason) && !String(reason).includes('socket hang up')) throw reason;
    return false;
  }
  continueWith(client, body);
  return true;
}

/** The client with the token of a response, which must be the successor of the one sent. */
function continueWith(client: Client, body: unknown): void {
  if (client.contract === 'kirjaswappi') return;
  const token = refreshTokenIn(client.contract, body);
  expect(claimsOf(token)['gen'], client.contract).toBe(client.generation + 1);
  client.token = token;
  client.generation += 1;
}

/** Resolves once the whole request was sent, and ignores the response. */
async function sendOnly(contract: ContractName, token: string): Promise<void> {
  const { method, path, headers, body } = callFor(contract, token);
  const request = open(serving.origin + path, { method, headers: { ...headers }, agent: false });
  request.on('error', () => undefined).end(body);
  await once(request, 'finish');
}

/** Expects that no session ended, and that none is ahead of its client. */
async function expectGenerations(clients: readonly Client[], generation: number): Promise<void> {
  const sessions = await place.inside(({ store }) => store.listSessions({}));
  for (const client of clients) {
    expect(
      sessions.find(({ id }) => id === client.session),
      client.contract,
    ).toMatchObject({
      generation: client.contract === 'kirjaswappi' ? 0 : generation,
      revokedAt: undefined,
    });
  }
}

async function restart(signal: NodeJS.Signals): Promise<void> {
  serving.kill(signal);
  expect((await serving.ended).code).toBe(signal === 'SIGTERM' ? 0 : null);
  serving = await place.serveAlone({});
}
