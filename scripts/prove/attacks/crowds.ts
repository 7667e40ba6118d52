// Attacks by many connections at once: they say their part slowly, all at the same time, without listening, or go away in
// the middle of it.
import type { Socket } from 'node:net';
import { pause } from '../chains.ts';
import { connectTo, indecencies, say, statusesIn, type Heard } from './raw.ts';
import { jsonPost, post } from './shape.ts';

export interface Crowd {
  readonly what: string;
  /** Connections. */
  readonly size: number;
  /** Whether it mostly waits. */
  readonly isSlow: boolean;
  /** @returns violations */
  readonly attack: (origin: string, size: number, random: () => number) => Promise<readonly string[]>;
}

/** Seconds that the server gives headers, and a whole request. */
export const timeouts = { headers: 2, request: 4 } as const;

/** Milliseconds after which a slow connection has to be over, however busy this machine is. */
const overdue = 30_000;

const get = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';
const json = 'Content-Type: application/json';

export const crowds: readonly Crowd[] = [
  {
    what: 'slow headers',
    size: 200,
    isSlow: true,
    attack: (origin, size) => drip(origin, size, 'GET /healthz HTTP/1.1\r\nHost: a\r\nX: ', 'x'),
  },
  {
    what: 'slow bodies',
    size: 200,
    isSlow: true,
    attack: (origin, size) => drip(origin, size, post([json, 'Content-Length: 9999'], '{'), ' '),
  },
  {
    what: 'slow chunks',
    size: 200,
    isSlow: true,
    attack: (origin, size) => drip(origin, size, post([json, 'Transfer-Encoding: chunked'], ''), '1\r\n \r\n'),
  },
  { what: 'nothing at all', size: 200, isSlow: true, attack: (origin, size) => drip(origin, size, '', '') },
  {
    what: 'all at the same time',
    size: 1_000,
    isSlow: false,
    attack: async (origin, size) => {
      const heard = await heldOpen(origin, size);
      const unanswered = heard.filter((one) => statusesIn(one)[0] !== 200).length;
      return unanswered === 0 ? [] : [`${String(unanswered)} of ${String(size)} connections at once had no answer`];
    },
  },
  {
    what: 'requests in a row without waiting',
    size: 200,
    isSlow: false,
    attack: async (origin, size) => {
      const count = 500;
      const pipelines = Array.from({ length: Math.ceil(size / 100) }, () =>
        say(origin, get.repeat(count), { silence: (text) => (statusesIn({ text }).length < count ? 20_000 : 0) }),
      );
      const short = (await Promise.all(pipelines)).filter(
        (one) => statusesIn(one).filter((status) => status === 200).length !== count,
      );
      return short.map(
        (one) => `of ${String(count)} requests in a row ${String(statusesIn(one).length)} were answered`,
      );
    },
  },
  {
    what: 'answers that nobody reads',
    size: 200,
    isSlow: false,
    attack: async (origin, size) => {
      const deaf = Array.from({ length: Math.ceil(size / 20) }, () => {
        const socket = connectTo(origin).pause();
        socket.write(get.repeat(5_000));
        return socket;
      });
      await pause(2_000);
      for (const socket of deaf) socket.destroy();
      return [];
    },
  },
  {
    what: 'gone in the middle of it',
    size: 500,
    isSlow: false,
    attack: async (origin, size, random) => {
      const whole = Buffer.from(jsonPost('{"refreshToken":"any.hostile.token"}', ['X: y']));
      const leaving = Array.from({ length: size }, async () => {
        const socket = connectTo(origin);
        await connected(socket);
        socket.write(whole.subarray(0, Math.floor(random() * (whole.length + 1))));
        await pause(random() * 20);
        if (random() < 0.5) socket.resetAndDestroy();
        else socket.destroy();
      });
      await Promise.all(leaving);
      return [];
    },
  },
];

/** Connections that send a little now and then; each has to be ended, and none with a fault. */
async function drip(
  origin: string,
  size: number,
  beginning: string | Uint8Array,
  drop: string,
): Promise<readonly string[]> {
  const sockets: Socket[] = [];
  const ended = Array.from({ length: size }, async () => {
    const socket = connectTo(origin);
    // Before any drop, however long it takes to connect.
    socket.write(beginning);
    sockets.push(socket);
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => (text += String(chunk)));
    const over = new Promise<boolean>((resolve) => {
      socket.once('close', () => resolve(true));
      setTimeout(() => resolve(false), overdue).unref();
    });
    return { isClosed: await over, text };
  });
  const dripping = setInterval(() => {
    for (const socket of sockets) if (socket.writable && drop !== '') socket.write(drop);
  }, 250);
  const heard: Heard[] = await Promise.all(ended);
  clearInterval(dripping);
  for (const socket of sockets) socket.destroy();
  const left = heard.filter(({ isClosed }) => !isClosed).length;
  const bad = new Set(heard.flatMap(indecencies));
  const others = heard.flatMap(statusesIn).filter((status) => status !== 408);
  return [
    ...bad,
    ...(left > 0 ? [`${String(left)} of ${String(size)} slow connections were never ended`] : []),
    ...(others.length > 0 ? [`a slow request was answered with ${String(others[0])}`] : []),
  ];
}

/** All are open together before the first one is closed. */
async function heldOpen(origin: string, size: number): Promise<readonly Heard[]> {
  const sockets: Socket[] = [];
  const heard = await Promise.all(
    Array.from({ length: size }, async (): Promise<Heard> => {
      const socket = connectTo(origin);
      sockets.push(socket);
      socket.write(get);
      return new Promise((resolve) => {
        const finish = (text: string): void => resolve({ text, isClosed: false });
        setTimeout(() => finish(''), overdue).unref();
        socket.once('data', (chunk) => finish(String(chunk)));
        socket.once('close', () => finish(''));
      });
    }),
  );
  for (const socket of sockets) socket.destroy();
  return heard;
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('connect', () => resolve());
    socket.once('close', () => resolve());
  });
}
