// A chain of refreshes outlives the process: with the last token received, and where an answer was lost, with the last
// one sent. One server for all contracts, ended again and again while all of them refresh.
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

/** What a client of one contract knows. */
interface Client {
  readonly contract: ContractName;
  readonly session: string;
  /** The token to send next: the last one received, or the one whose answer was lost. */
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

test.for(['SIGKILL', 'SIGTERM'] as const)(
  'an answer that was given and ignored is given again after %s, the same',
  async (signal) => {
    const clients = await signIn();
    const ignored = await Promise.all(clients.map((client) => ask(client)));
    await restart(signal);
    for (const [index, client] of clients.entries()) {
      const { contract } = client;
      const repeated = await ask(client);
      // Its tokens are new in another second, and its refresh token is never sent.
      if (contract !== 'kirjaswappi') {
        expect(accessTokenIn(contract, repeated), contract).toBe(accessTokenIn(contract, ignored[index]));
        expect(refreshTokenIn(contract, repeated), contract).toBe(refreshTokenIn(contract, ignored[index]));
      }
      goOn(client, repeated);
      goOn(client, await ask(client));
    }
    await expectGenerations(clients, 2);
  },
);

test('a request that was sent to a process which was killed then is answered by the next', async () => {
  const clients = await signIn();
  const sent = clients.map(({ contract, token }) => sendOnly(contract, token));
  await Promise.all(sent);
  await restart('SIGKILL');
  // Whether a request was carried out, or not read at all: sent again, it gives the first successor.
  for (const client of clients) goOn(client, await ask(client));
  await expectGenerations(clients, 1);
});

test('chains go on through kills between and during their requests', async () => {
  const clients = await signIn();
  for (let kills = 1; kills <= 2; kills += 1) {
    // Killed when one client has some of its answers; the others are asking then, and all ask until nobody answers.
    const killer = clients[kills];
    await Promise.all(
      clients.map(async (client) => {
        for (let answers = 1; await step(client); answers += 1) {
          if (client === killer && answers === 3 * kills) serving.kill('SIGKILL');
        }
      }),
    );
    await restart('SIGKILL');
    for (const client of clients) goOn(client, await ask(client));
  }
  for (const client of clients) await expectGenerations([client], client.generation);
});

/** A new session of every contract. */
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

/** Refreshes with the client's token, which stays; the body of the answer. */
async function ask({ contract, token }: Client): Promise<unknown> {
  const answer = await send(serving.origin, contract, token);
  expect(isGranted(contract, answer), `${contract}: ${String(answer.status)} ${answer.body}`).toBe(true);
  return json(answer);
}

/** Refreshes and goes on with the successor. Whether there was an answer. */
async function step(client: Client): Promise<boolean> {
  let body: unknown;
  try {
    body = await ask(client);
  } catch (reason) {
    // Only a connection that broke, or could not be made, is no answer.
    if (!(reason instanceof Error && 'syscall' in reason) && !String(reason).includes('socket hang up')) throw reason;
    return false;
  }
  goOn(client, body);
  return true;
}

/** With the token that an answer carries, which is the successor of the one that was sent. */
function goOn(client: Client, body: unknown): void {
  if (client.contract === 'kirjaswappi') return;
  const token = refreshTokenIn(client.contract, body);
  expect(claimsOf(token)['gen'], client.contract).toBe(client.generation + 1);
  client.token = token;
  client.generation += 1;
}

/** Resolves once the whole request is on its way, and does not look at what comes. */
async function sendOnly(contract: ContractName, token: string): Promise<void> {
  const { method, path, headers, body } = callFor(contract, token);
  const request = open(serving.origin + path, { method, headers: { ...headers }, agent: false });
  request.on('error', () => undefined).end(body);
  await once(request, 'finish');
}

/** No session was ended, and none moved on without its client. */
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
