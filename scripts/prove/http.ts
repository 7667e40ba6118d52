// Malformed requests and hostile connections, while another client is served.
import { once } from 'node:events';
import { type Chains, pause, startChains } from './chains.ts';
import { collectOnSignal, footprintOf, returnMemory } from './footprint.ts';
import type { Context, Part } from './part.ts';
import { jsonPost, post, type Shape, shapes } from '../../test/shared/hostile/requests.ts';
import { pick } from '../../test/shared/random.ts';
import { connectTo, hear, indecencies, presentAll, say, statusesIn } from '../../test/shared/raw.ts';
import { refresh } from '../../test/shared/refreshing.ts';
import { type ServerProcess, startServerProcess } from '../../test/shared/server-process.ts';
import { call } from '../../test/shared/wire.ts';

export const http: Part = {
  promise:
    'Every malformed request gets a response in plain text, other clients are served, and no memory stays in use.',
  prove: async (context) => {
    const { tree, folder, isQuick, random, print, violate, expect, stopAtEnd } = context;
    const environment = {
      ...returnMemory,
      // Its pages are HTML.
      REFRACT_CONSOLE: 'off',
      REFRACT_HEADER_TIMEOUT: String(timeouts.headers),
      REFRACT_REQUEST_TIMEOUT: String(timeouts.request),
    };
    const server = stopAtEnd(await startServerProcess({ tree, folder, nodeArguments: collectOnSignal, environment }));
    const { origin } = server;
    const shaped = shapes();
    // Before the first measurement, so that all that is created on first use exists.
    await warmUp(server);
    const present = async (requests: readonly Shape[]): Promise<void> => {
      for (const sentence of await presentAll(origin, requests)) violate(sentence);
    };
    await present(shaped);
    await attackAll(context, origin);
    const before = await footprintOf(server.pid, { megabytes: 0, handles: 0 }, 2_000);

    // An ordinary client, over a new connection each time.
    const issued = [await server.issue('xerial', 'bystander')];
    const bystander = startChains(context, { origins: () => [origin], issued, restMs: 20, isKeptAlive: false });
    const requests = [...mangledRequests(isQuick ? 500 : 5_000, random), ...(isQuick ? [] : [...shaped, ...shaped])];
    await present(requests);
    print(`${requests.length + shaped.length} malformed requests`);
    const rounds = isQuick ? 1 : 3;
    for (let round = 0; round < rounds; round += 1) await attackAll(context, origin, bystander);
    print(`${(rounds + 1) * crowds.length} crowds`);
    await bystander.end();
    const { refreshes: served, lost, unavailable, longestWaitMs } = bystander.counts;

    const most = { megabytes: Math.round(before.megabytes * 1.25) + 16, handles: before.handles + 5 };
    const after = await footprintOf(server.pid, most, 20_000);
    expect(lost + unavailable === 0, `${lost + unavailable} refreshes of another client were not granted`);
    expect(longestWaitMs <= promptMs, `another client waited for ${Math.round(longestWaitMs)} ms`);
    const [memory, handles] = [`${before.megabytes} to ${after.megabytes}`, `${before.handles} to ${after.handles}`];
    expect(after.megabytes <= most.megabytes, `memory grew from ${memory} MB`);
    expect(after.handles <= most.handles, `handles grew from ${handles}`);
    expect(server.errors() === '', `the server wrote to standard error: ${server.errors().slice(0, 200)}`);
    return {
      cases: requests.length + shaped.length + served,
      faults: (rounds + 1) * crowds.length,
      figures: {
        'served meanwhile': served,
        'longest wait of those (ms)': Math.round(longestWaitMs),
        'memory (MB)': memory,
        handles,
      },
    };
  },
};

/** A well-behaved client gets its response within this time, on the busiest machine. */
const promptMs = 15_000;

async function warmUp(server: ServerProcess): Promise<void> {
  let { token } = await server.issue('xerial', 'early');
  for (let count = 0; count < 200; count += 1) {
    token = await refresh(server.origin, 'xerial', token);
    await call(server.origin, { method: 'GET', path: '/healthz' });
  }
}

async function attackAll({ random, violate, expect }: Context, origin: string, bystander?: Chains): Promise<void> {
  const carryOut = async ({ what, attack }: Crowd): Promise<void> => {
    for (const sentence of await attack(origin, random)) violate(`${what}: ${sentence}`);
  };
  const before = bystander?.counts.refreshes ?? 0;
  await Promise.all(crowds.filter(({ isSlow }) => isSlow).map(carryOut));
  // Slow crowds last for seconds and cost the server nothing: no other client may wait for their end.
  if (bystander !== undefined) {
    expect(bystander.counts.refreshes >= before + 5, 'another client was not served during slow requests');
  }
  for (const crowd of crowds.filter(({ isSlow }) => !isSlow)) await carryOut(crowd);
}

const wellFormed = [
  jsonPost('{"refreshToken":"any.hostile.token"}', 'Accept: */*', 'Connection: close'),
  'PATCH /fib/auth/api/v1/authentication-management/session HTTP/1.1\r\nHost: a\r\nAuthorization: a.b.c\r\n\r\n',
  'GET /jwks/fib.json HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n',
  `POST /cloudreve/api/v4/session/token/refresh HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n16\r\n{"refresh_token":"a.b"}\r\n0\r\n\r\n`,
].map((request) => Buffer.from(request));

const pieces = [...Array.from('\r\n\0 \t:;,/?#%"{0\xff\ufeff'), '\r\n', '\r\n\r\n', '-1', 'x'.repeat(5_000)];

/** Returns well-formed requests with random changes of bytes. */
function mangledRequests(count: number, random: () => number): readonly Shape[] {
  return Array.from({ length: count }, (_, index) => {
    let bytes: Uint8Array = pick(wellFormed, random);
    for (let times = 1 + Math.floor(random() * 4); times > 0; times -= 1) bytes = change(bytes, random);
    // A change may turn one request into several.
    return { what: `mangled request ${index}`, bytes, most: 10 };
  });
}

function change(bytes: Uint8Array, random: () => number): Uint8Array {
  const from = Math.floor(random() * bytes.length);
  const to = Math.min(bytes.length, from + Math.floor(random() * random() * 40));
  const middle = bytes.subarray(from, to);
  const piece = Buffer.from(pick(pieces, random), 'latin1');
  const flipped = middle.map((byte) => byte ^ (1 << Math.floor(random() * 8)));
  const replacement = pick([[], [middle, middle], [piece], [flipped], [piece, middle]], random);
  return Buffer.concat([bytes.subarray(0, from), ...replacement, bytes.subarray(to)]);
}

interface Crowd {
  readonly what: string;
  /** Whether the attack mostly waits. */
  readonly isSlow: boolean;
  /** @returns violations */
  readonly attack: (origin: string, random: () => number) => Promise<readonly string[]>;
}

/** Seconds that the server gives headers, and a whole request. */
const timeouts = { headers: 2, request: 4 } as const;

const get = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';
const json = 'Content-Type: application/json';

const crowds: readonly Crowd[] = [
  dripping('slow headers', 'GET /healthz HTTP/1.1\r\nHost: a\r\nX: ', 'x'),
  dripping('slow bodies', post([json, 'Content-Length: 9999'], '{'), ' '),
  dripping('slow chunks', post([json, 'Transfer-Encoding: chunked'], ''), '1\r\n \r\n'),
  dripping('idle connections', '', ''),
  crowd('all at the same time', async (origin) => {
    const sockets = times(1_000, () => connectTo(origin));
    const answers = sockets.map((socket) => {
      socket.write(get);
      return Promise.race([once(socket, 'data').then(String), once(socket, 'close').then(() => ''), pause(30_000, '')]);
    });
    const unanswered = (await Promise.all(answers)).filter((text) => statusesIn(text)[0] !== 200).length;
    // All are open together before the first closes.
    for (const socket of sockets) socket.destroy();
    return unanswered === 0 ? [] : [`${unanswered} of 1000 simultaneous connections got no response`];
  }),
  crowd('pipelined requests', async (origin) => {
    const count = 500;
    const silence = (text: string): number => (statusesIn(text).length < count ? 20_000 : 0);
    const heard = await Promise.all(times(2, () => say(origin, get.repeat(count), silence)));
    const answered = heard.map(({ text }) => statusesIn(text).filter((status) => status === 200).length);
    return answered.flatMap((some) => (some === count ? [] : [`of ${count} pipelined requests ${some} were granted`]));
  }),
  crowd('unread responses', async (origin) => {
    const sockets = times(10, () => connectTo(origin).pause());
    for (const socket of sockets) socket.write(get.repeat(5_000));
    await pause(2_000);
    for (const socket of sockets) socket.destroy();
    return [];
  }),
  crowd('aborted connections', async (origin, random) => {
    const body = '{"refreshToken":"any.hostile.token"}';
    const whole = post([json, `Content-Length: ${body.length}`], body);
    await Promise.all(
      times(500, async () => {
        const socket = connectTo(origin);
        await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
        socket.write(whole.subarray(0, Math.floor(random() * (whole.length + 1))));
        await pause(random() * 20);
        if (random() < 0.5) socket.resetAndDestroy();
        else socket.destroy();
      }),
    );
    return [];
  }),
];

function crowd(what: string, attack: Crowd['attack']): Crowd {
  return { what, isSlow: false, attack };
}

/** Connections that send a few bytes at intervals: the server has to close each, none with a fault. */
function dripping(what: string, beginning: string | Uint8Array, drop: string): Crowd {
  const attack: Crowd['attack'] = async (origin) => {
    const sockets = times(200, () => connectTo(origin));
    // Before the first drop, however long connecting takes.
    for (const socket of sockets) socket.write(beginning);
    const timer = setInterval(() => {
      for (const socket of sockets) if (socket.writable && drop !== '') socket.write(drop);
    }, 250);
    const heard = await Promise.all(sockets.map((socket) => hear(socket)));
    clearInterval(timer);
    const left = heard.filter(({ isClosed }) => !isClosed).length;
    const others = heard.flatMap(({ text }) => statusesIn(text)).filter((status) => status !== 408);
    return [
      ...new Set(heard.flatMap(indecencies)),
      ...(left > 0 ? [`${left} of ${sockets.length} slow connections were never closed`] : []),
      ...(others.length > 0 ? [`a slow request got the response ${String(others[0])}`] : []),
    ];
  };
  return { what, isSlow: true, attack };
}

function times<Item>(count: number, make: () => Item): readonly Item[] {
  return Array.from({ length: count }, make);
}
