// A consumer's program: it embeds a server, calls every contract, and runs every example against an API that refuses the
// first access token. Prints the results.
import { Worker } from 'node:worker_threads';
import { cloudreve } from 'refract/client/cloudreve';
import { fib } from 'refract/client/fib';
import { kirjaswappi } from 'refract/client/kirjaswappi';
import { xerial } from 'refract/client/xerial';
import { createServer } from 'refract/server';
import { createSession, memoryStorage, SignedOut } from 'refract/session';
import { axiosWith } from '../clients/axios.ts';
import { readProfile as readByFetch } from '../clients/fetch.ts';
import { readProfile as readByClient } from '../clients/openapi-fetch.ts';
import { openSession } from '../clients/react-native.ts';
import { startApi } from './api-server.ts';
import { contractsOf, refreshAll, type Contract } from './calls.ts';

const adminToken = 'an-admin-token-that-is-only-for-tests';
const server = await createServer({
  settings: {
    PORT: '0',
    REFRACT_ADMIN_PORT: '0',
    REFRACT_DB: 'embedded.db',
    REFRACT_ADMIN_TOKEN: adminToken,
    REFRACT_LOG_LEVEL: 'warn',
  },
});
const { origin } = server;
await server.putSubject('bob', { role: 'ROLE_ADMIN' });
const api = await startApi();
const results: Record<string, unknown> = { node: process.versions.node.split('.')[0] };

const names = ['cloudreve', 'fib', 'kirjaswappi', 'orillion', 'xerial'] as const;
const issued = await Promise.all(names.map(async (name) => [name, await server.issue(name, 'bob')] as const));
const refreshTokens = Object.fromEntries(issued.map(([name, { refreshToken }]) => [name, refreshToken]));
const fresh = await refreshAll(origin, refreshTokens as Record<Contract, string>);
results['calls'] = Object.keys(fresh).filter((name) => fresh[name as Contract].split('.').length === 3);
results['contracts'] = await contractsOf(server.adminOrigin, adminToken, 'bob');

/** Issues tokens whose access token the API refuses. */
async function stale(contract: Contract) {
  const tokens = await server.issue(contract, 'bob');
  api.refuse(tokens.accessToken);
  api.statuses.length = 0;
  return tokens;
}

/** Records the result of an example, and the statuses of the API. */
async function note(example: string, read: Promise<unknown>): Promise<void> {
  results[example] = [await read, ...api.statuses];
}

await note('fetch', readByFetch(origin, api.origin, await stale('fib')));
await note('openapi-fetch', readByClient(origin, api.origin, await stale('xerial')));

const session = createSession({ contract: xerial, origin, tokens: await stale('xerial') });
await note(
  'axios',
  axiosWith(session, api.origin)
    .get('/profile')
    .then(({ data }) => data),
);

const workerData = { origin, api: api.origin, folder: 'session', tokens: await stale('orillion') };
const worker = new Worker(new URL('../clients/worker.js', import.meta.url), { workerData });
await note('worker', new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)));

const opened = openSession(memoryStorage(), origin, api.origin);
await opened.signIn(await stale('cloudreve'));
await note(
  'react-native',
  opened.fetch(`${api.origin}/profile`).then((response) => response.json()),
);

// Sessions that the operator revokes, one for each contract.
const ended = [];
for (const contract of [cloudreve, fib, kirjaswappi, xerial]) {
  const { sessionId, ...tokens } = await server.issue(contract.name, 'bob');
  const revoked = createSession({ contract, origin, tokens });
  await server.revokeSession(sessionId);
  const reason = await revoked.accessTokenAfter(tokens.accessToken).catch((thrown: unknown) => thrown);
  if (reason instanceof SignedOut) ended.push(contract.name);
}
results['signed out'] = ended;

api.stop();
await server.close();
// Open sessions do not keep the program running.
console.log(JSON.stringify(results));
