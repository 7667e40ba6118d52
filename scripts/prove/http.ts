// Everything that HTTP can be mistreated with, while another client is served.
import { refresh } from '../../test/shared/refreshing.ts';
import { presentAll } from '../../test/shared/raw.ts';
import { shapes } from '../../test/shared/hostile/requests.ts';
import { call } from '../../test/shared/wire.ts';
import { startChains, type Chains } from './chains.ts';
import { collecting, footprintOf, givingBack } from './footprint.ts';
import { crowds, timeouts, type Crowd } from './http/crowds.ts';
import { mangled } from './http/mangled.ts';
import type { Part } from './part.ts';
import { startProcess, type ServerProcess } from './serving.ts';

export const http: Part = {
  promise:
    'Whatever comes over a connection is answered in text, others are served meanwhile, and nothing of it stays.',
  prove: async ({ tree, folder, isQuick, random, say, stopAfter }) => {
    const environment = {
      ...givingBack,
      // Its pages have their own HTML.
      REFRACT_CONSOLE: 'off',
      REFRACT_HEADER_TIMEOUT: String(timeouts.headers),
      REFRACT_REQUEST_TIMEOUT: String(timeouts.request),
    };
    const server = stopAfter(await startProcess({ tree, folder, nodeArguments: collecting, environment }));
    const { origin } = server;
    const shaped = shapes();
    // Once before anything is measured, so that everything is there that is made on first use.
    await warmUp(server);
    const violations = [...(await presentAll(origin, shaped)), ...(await crowdAll(origin, random))];
    const before = await footprintOf(server.pid, { megabytes: 0, handles: 0 }, 2_000);

    // A client that refreshes as others do, over a new connection each time.
    const issued = [await server.issue('xerial', 'bystander')];
    const bystander = stopAfter(startChains({ origins: () => [origin], issued, random, rest: 20, isKeptAlive: false }));
    const requests = [...mangled(isQuick ? 500 : 5_000, random), ...(isQuick ? [] : [...shaped, ...shaped])];
    violations.push(...(await presentAll(origin, requests)));
    say(`${requests.length + shaped.length} malformed requests`);
    const rounds = isQuick ? 1 : 3;
    for (let round = 0; round < rounds; round += 1) violations.push(...(await crowdAll(origin, random, bystander)));
    say(`${(rounds + 1) * crowds.length} crowds`);
    await bystander.end();
    const { refreshes: served, lost, unavailable, longestWait } = bystander.counts;

    const most = { megabytes: Math.round(before.megabytes * 1.25) + 16, handles: before.handles + 5 };
    const after = await footprintOf(server.pid, most, 20_000);
    const [memory, handles] = [`${before.megabytes} to ${after.megabytes}`, `${before.handles} to ${after.handles}`];
    return {
      cases: requests.length + shaped.length + served,
      faults: (rounds + 1) * crowds.length,
      violations: [
        ...violations,
        ...bystander.violations,
        ...(lost + unavailable > 0
          ? [`another client had ${lost + unavailable} requests without a granted answer`]
          : []),
        ...(longestWait > promptly ? [`another client waited for ${Math.round(longestWait)} ms`] : []),
        ...(after.megabytes > most.megabytes ? [`memory went from ${memory} MB and stayed`] : []),
        ...(after.handles > most.handles ? [`handles went from ${handles} and stayed`] : []),
        ...(server.complaints() === '' ? [] : [`it wrote to standard error: ${server.complaints().slice(0, 200)}`]),
      ],
      figures: {
        'served meanwhile': served,
        'longest wait of those (ms)': Math.round(longestWait),
        'memory (MB)': memory,
        handles,
      },
    };
  },
};

/** Milliseconds within which a well-behaved client is answered, on however busy a machine. */
const promptly = 15_000;

async function warmUp(server: ServerProcess): Promise<void> {
  let { token } = await server.issue('xerial', 'early');
  for (let count = 0; count < 200; count += 1) {
    token = await refresh(server.origin, 'xerial', token);
    await call(server.origin, { method: 'GET', path: '/healthz' });
  }
}

async function crowdAll(origin: string, random: () => number, bystander?: Chains): Promise<readonly string[]> {
  const attack = async ({ what, attack }: Crowd): Promise<readonly string[]> =>
    (await attack(origin, random)).map((sentence) => `${what}: ${sentence}`);
  const before = bystander?.counts.refreshes ?? 0;
  const found = (await Promise.all(crowds.filter(({ isSlow }) => isSlow).map(attack))).flat();
  // They last for seconds and cost the server nothing: no other client may wait for their end.
  if (bystander !== undefined && bystander.counts.refreshes < before + 5)
    found.push('another client was not served while others were slow');
  for (const crowd of crowds.filter(({ isSlow }) => !isSlow)) found.push(...(await attack(crowd)));
  return found;
}
