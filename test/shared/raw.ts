// Arbitrary bytes on a connection, and all that the server sends until the connection closes.
import { connect, type Socket } from 'node:net';
import type { Shape } from './hostile/requests.ts';

export interface Heard {
  readonly text: string;
  /** Whether the server closed the connection. */
  readonly isClosed: boolean;
}

export function connectTo(origin: string): Socket {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  // A broken connection is followed by `close`.
  socket.on('error', () => undefined);
  return socket;
}

/** Resolves with all that arrives until the connection closes or 30 seconds have passed. */
export function hear(socket: Socket, onText: (text: string) => void = () => undefined): Promise<Heard> {
  return new Promise((resolve) => {
    let text = '';
    const finish = (isClosed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, isClosed });
    };
    const timer = setTimeout(() => finish(false), 30_000);
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      text += String(chunk);
      onText(text);
    });
    socket.on('close', () => finish(true));
    socket.on('end', () => finish(true));
  });
}

/**
 * Sends bytes over their own connection. Resolves with the response.
 * @param silence returns the milliseconds without a byte until our side closes, by the text so far; never unless given
 */
export async function say(
  origin: string,
  bytes: string | Uint8Array,
  silence?: (text: string) => number,
): Promise<Heard> {
  const socket = connectTo(origin);
  let silent: NodeJS.Timeout | undefined;
  const wait = (text: string): void => {
    clearTimeout(silent);
    if (silence !== undefined) silent = setTimeout(() => socket.end(), silence(text));
  };
  const heard = hear(socket, wait);
  socket.write(bytes);
  wait('');
  return heard.finally(() => clearTimeout(silent));
}

/** The statuses of all responses, in order. */
export function statusesIn(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** Returns the mistakes that no response may have. */
export function indecencies({ text }: Heard): readonly string[] {
  const statuses = statusesIn(text);
  const found = statuses.filter((status) => status >= 500).map((status) => `it got the response ${status}`);
  if (/<!doctype|<html|<pre|<body/i.test(text)) found.push('the response has HTML');
  if (/^\s*at .+:\d+|node_modules|\.[cm]?[jt]s:\d+|\b(Syntax|Type|Range|Reference)?Error: /m.test(text)) {
    found.push('the response has a stack trace');
  }
  const refused = statuses.filter((status) => status >= 400).length;
  if ((text.match(/^content-type: /gim)?.length ?? 0) < refused) found.push('the response has no text');
  if (text !== '' && !text.startsWith('HTTP/1.1 ')) found.push('the response is not HTTP');
  return found;
}

/** Presents requests of wrong shapes over 16 connections at once. @returns a sentence for each wrong response */
export async function presentAll(origin: string, some: readonly Shape[]): Promise<readonly string[]> {
  const left = some.values();
  const violations: string[] = [];
  const presentNext = async (): Promise<void> => {
    for (const shape of left) {
      const found = await wrongIn(origin, shape);
      violations.push(...found.map((sentence) => `${shape.what}: ${sentence}`));
    }
  };
  await Promise.all(Array.from({ length: 16 }, presentNext));
  return violations;
}

async function wrongIn(origin: string, { bytes, statuses, most = 1, isLeftOpen }: Shape): Promise<readonly string[]> {
  // After the last expected response wait a moment for an unexpected one.
  const silence = (text: string): number => (statusesIn(text).length < (statuses?.length ?? 0) ? 10_000 : 100);
  const heard = await say(origin, bytes, isLeftOpen === true ? undefined : silence);
  const received = statusesIn(heard.text);
  // The response to a request that is not read completely may be lost with the connection.
  const isLost = received.length === 0 && bytes.length > 64 * 1024;
  const isRight = statuses === undefined || isLost || received.join() === statuses.join();
  return [
    ...indecencies(heard),
    ...(heard.isClosed ? [] : ['the connection was never closed']),
    ...(received.length > most ? [`it got ${received.length} responses`] : []),
    ...(isRight ? [] : [`it got the responses ${received.join()} in place of ${statuses.join()}`]),
  ];
}
