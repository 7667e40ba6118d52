// Everything that HTTP can be mistreated with, while others go on being served: no fault, no page, no stack trace, and
// afterwards the server holds what it held before.
import { isGranted, refresh, refreshTokenIn, send } from '../../test/shared/refreshing.ts';
import { call, json } from '../../test/shared/wire.ts';
import { crowds, timeouts, type Crowd } from './attacks/crowds.ts';
import { collecting, footprintOf, givingBack, type Footprint } from './attacks/footprint.ts';
import { mangled } from './attacks/mangled.ts';
import { indecencies, say, statusesIn } from './attacks/raw.ts';
import type { Shape } from './attacks/shape.ts';
import { shapes } from './attacks/shapes.ts';
import { pause } from './chains.ts';
import type { Part } from './part.ts';
import { startProcess, type ServerProcess } from './serving.ts';

export const http: Part = {
  promise:
    'Whatever comes over a connection is answered in text, others are served meanwhile, and nothing of it stays.',
  prove: async ({ tree, folder, isQuick, random, say: tell }) => {
    const server = await startProcess({
      tree,
      folder,
      nodeArguments: collecting,
      environment: {
        ...givingBack,
        // Pages have their own HTML.
        REFRACT_CONSOLE: 'off',
        REFRACT_HEADER_TIMEOUT: String(timeouts.headers),
        REFRACT_REQUEST_TIMEOUT: String(timeouts.request),
      },
    });
    try {
      const shaped = shapes();
      const violations: string[] = [];
      // Once, so that all that is made at the first of its kind is there before anything is measured.
      await warmUp(server);
      violations.push(...(await presentAll(server.origin, shaped)), ...(await crowdAll(server.origin, random)));
      const before = await footprintOf(server.pid, none, 2_000);
      const bystander = standBy(server);
      const requests = [...mangled(isQuick ? 500 : 5_000, random), ...(isQuick ? [] : [...shaped, ...shaped])];
      violations.push(...(await presentAll(server.origin, requests)));
      tell(`${String(requests.length + shaped.length)} malformed requests`);
      const rounds = isQuick ? 1 : 3;
      for (let round = 0; round < rounds; round += 1)
        violations.push(...(await crowdAll(server.origin, random, bystander)));
      tell(`${String((rounds + 1) * crowds.length)} crowds`);
      const { served, longest, complaints } = await bystander.stop();
      violations.push(...complaints);
      const most = { megabytes: Math.round(before.megabytes * 1.25) + 16, handles: before.handles + 5 };
      const after = await footprintOf(server.pid, most, 20_000);
      violations.push(...grown(before, after, most));
      if (server.complaints() !== '')
        violations.push(`it wrote to standard error: ${server.complaints().slice(0, 200)}`);
      return {
        cases: requests.length + shaped.length + served,
        faults: (rounds + 1) * crowds.length,
        violations,
        figures: {
          'served meanwhile': served,
          'longest wait of those (ms)': longest,
          'memory before and after (MB)': `${String(before.megabytes)}, ${String(after.megabytes)}`,
          'handles before and after': `${String(before.handles)}, ${String(after.handles)}`,
        },
      };
    } finally {
      await server.stop();
    }
  },
};

const none: Footprint = { megabytes: 0, handles: 0 };

async function warmUp(server: ServerProcess): Promise<void> {
  let { token } = await server.issue('xerial', 'early');
  for (let count = 0; count < 200; count += 1) {
    token = await refresh(server.origin, 'xerial', token);
    await call(server.origin, { method: 'GET', path: '/healthz' });
  }
}

/** At the same time where they only wait. */
async function crowdAll(origin: string, random: () => number, bystander?: Bystander): Promise<readonly string[]> {
  const attackOf = async ({ what, size, attack }: Crowd): Promise<readonly string[]> =>
    (await attack(origin, size, random)).map((sentence) => `${what}: ${sentence}`);
  const before = bystander?.served();
  const slow = (await Promise.all(crowds.filter(({ isSlow }) => isSlow).map(attackOf))).flat();
  // They last for seconds, and cost the server nothing: nobody else may have to wait for their end.
  if (bystander !== undefined && bystander.served() < Number(before) + 5)
    slow.push('somebody else was not served while others were slow');
  const others: string[] = [];
  for (const crowd of crowds.filter(({ isSlow }) => !isSlow)) others.push(...(await attackOf(crowd)));
  return [...slow, ...others];
}

/** Connections at once. */
const atOnce = 16;

async function presentAll(origin: string, some: readonly Shape[]): Promise<readonly string[]> {
  const waiting = some.values();
  const violations: string[] = [];
  const present = async (): Promise<void> => {
    for (const shape of waiting) {
      const found = await complaintsAbout(origin, shape);
      violations.push(...found.map((sentence) => `${shape.what}: ${sentence}`));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, present));
  return violations;
}

async function complaintsAbout(
  origin: string,
  { bytes, statuses, most = 1, isLeftOpen = false }: Shape,
): Promise<readonly string[]> {
  // What is known to be answered is waited for, and then for a moment whether there is one answer too many.
  const silence = (text: string): number => (statusesIn({ text }).length < (statuses?.length ?? 0) ? 10_000 : 100);
  const heard = await say(origin, bytes, isLeftOpen ? {} : { silence });
  const found = [...indecencies(heard)];
  const answered = statusesIn(heard);
  if (!heard.isClosed) found.push('the connection was never closed');
  if (answered.length > most) found.push(`it was answered ${String(answered.length)} times`);
  // Of what nobody reads to its end the answer may be lost with the connection.
  const isLost = answered.length === 0 && bytes.length > 64 * 1024;
  if (statuses !== undefined && !isLost && answered.join() !== statuses.join()) {
    found.push(`it was answered with ${answered.join()} in place of ${statuses.join()}`);
  }
  return found;
}

/** Milliseconds within which whoever behaves is answered, on however busy a machine. */
const promptly = 15_000;

interface Bystander {
  /** How often so far. */
  readonly served: () => number;
  readonly stop: () => Promise<{
    readonly served: number;
    readonly longest: number;
    readonly complaints: readonly string[];
  }>;
}

/** Somebody who refreshes as clients do, over a new connection each time. */
function standBy(server: ServerProcess): Bystander {
  let isOver = false;
  let served = 0;
  let longest = 0;
  const complaints: string[] = [];
  const serve = async (): Promise<void> => {
    let { token } = await server.issue('xerial', 'bystander');
    while (!isOver) {
      const since = performance.now();
      const answer = await send(server.origin, 'xerial', token).catch(() => undefined);
      const waited = performance.now() - since;
      longest = Math.max(longest, Math.round(waited));
      if (answer === undefined || !isGranted('xerial', answer)) {
        complaints.push(`somebody else was answered with ${answer === undefined ? 'nothing' : String(answer.status)}`);
      } else {
        token = refreshTokenIn('xerial', json(answer));
      }
      if (waited > promptly) complaints.push(`somebody else waited for ${String(Math.round(waited))} ms`);
      served += 1;
      await pause(20);
    }
  };
  const serving = serve();
  return {
    served: () => served,
    stop: async () => {
      isOver = true;
      await serving;
      return { served, longest, complaints };
    },
  };
}

function grown(before: Footprint, after: Footprint, most: Footprint): readonly string[] {
  return [
    ...(after.megabytes > most.megabytes
      ? [`memory went from ${String(before.megabytes)} to ${String(after.megabytes)} MB and stayed`]
      : []),
    ...(after.handles > most.handles
      ? [`handles went from ${String(before.handles)} to ${String(after.handles)} and stayed`]
      : []),
  ];
}
