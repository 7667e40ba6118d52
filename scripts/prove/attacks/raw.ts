// Bytes on a connection, as no well-behaved client sends them, and all that comes back until it is closed.
import { connect, type Socket } from 'node:net';

export interface Heard {
  readonly text: string;
  /** The server has said or shown that nothing more comes. */
  readonly isClosed: boolean;
}

export interface SayOptions {
  /**
   * Milliseconds of silence, after what was heard so far, until our side is closed; Node takes that for the end of both.
   * It never is where left out.
   */
  readonly silence?: (text: string) => number;
  /** Milliseconds to wait for the connection's end. */
  readonly patience?: number;
}

export function connectTo(origin: string): Socket {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  // Whoever breaks off is broken off in turn.
  socket.on('error', () => undefined);
  return socket;
}

/** Sends the bytes over a connection of their own. Resolves with what was heard, at the latest when patience is over. */
export function say(origin: string, bytes: string | Uint8Array, options: SayOptions = {}): Promise<Heard> {
  const { silence, patience = 30_000 } = options;
  return new Promise((resolve) => {
    const socket = connectTo(origin);
    let text = '';
    const finish = (isClosed: boolean): void => {
      clearTimeout(timer);
      clearTimeout(silent);
      socket.destroy();
      resolve({ text, isClosed });
    };
    const timer = setTimeout(() => finish(false), patience);
    let silent: NodeJS.Timeout | undefined;
    const listen = (): void => {
      clearTimeout(silent);
      if (silence !== undefined) silent = setTimeout(() => socket.end(), silence(text));
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      text += String(chunk);
      listen();
    });
    socket.on('close', () => finish(true));
    socket.on('end', () => finish(true));
    socket.write(bytes);
    listen();
  });
}

/** The statuses of all answers, in their order. */
export function statusesIn({ text }: Pick<Heard, 'text'>): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** What no answer may have. */
export function indecencies(heard: Heard): readonly string[] {
  const found = statusesIn(heard)
    .filter((status) => status >= 500)
    .map((status) => `it was answered with ${String(status)}`);
  if (/<!doctype|<html|<pre|<body/i.test(heard.text)) found.push('there is HTML in the answer');
  if (/^\s*at .+:\d+|node_modules|\.[cm]?[jt]s:\d+|\b(Syntax|Type|Range|Reference)?Error: /m.test(heard.text)) {
    found.push('there is a stack trace in the answer');
  }
  const refused = statusesIn(heard).filter((status) => status >= 400).length;
  if ((heard.text.match(/^content-type: /gim)?.length ?? 0) < refused) found.push('there is no word in the answer');
  if (heard.text !== '' && !heard.text.startsWith('HTTP/1.1 ')) found.push('the answer is not HTTP');
  return found;
}
