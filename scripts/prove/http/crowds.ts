// Attacks by many connections at once: slow, simultaneous, aborted, or without reading responses.
import { once } from 'node:events';
import { pause } from '../chains.ts';
import { connectTo, hear, indecencies, say, statusesIn } from '../../../test/shared/raw.ts';
import { post } from '../../../test/shared/hostile/requests.ts';

export interface Crowd {
  readonly what: string;
  /** Whether the attack mostly waits. */
  readonly isSlow: boolean;
  /** @returns violations */
  readonly attack: (origin: string, random: () => number) => Promise<readonly string[]>;
}

/** Seconds that the server gives headers, and a whole request. */
export const timeouts = { headers: 2, request: 4 } as const;

const get = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';
const json = 'Content-Type: application/json';

export const crowds: readonly Crowd[] = [
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
