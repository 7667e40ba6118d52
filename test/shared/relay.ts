// A relay between Prism's proxy and a server. It restores duplicate headers: Node, and so Prism, drops a second
// `Authorization`, which is the only possible violation of fib and orillion.
import { createServer } from 'node:http';
import { closable, listen } from '../../src/http/listening.ts';
import { call, type WireAnswer, type WireCall } from './wire.ts';

/** A listener; `stop` it. */
export interface Listening {
  readonly origin: string;
  readonly stop: () => Promise<void>;
}

const second = 'x-second-';

/** Starts a relay; `stop` it. @param alter changes the server's response */
export async function startRelay(
  upstream: string,
  alter: (answer: WireAnswer) => WireAnswer = (answer) => answer,
): Promise<Listening> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = chunks.length === 0 ? undefined : Buffer.concat(chunks);
      const wanted = { method: request.method ?? '', path: request.url ?? '', headers: doubled(request.headers), body };
      call(upstream, wanted).then(
        (answer) => {
          const { status, headers, body: text } = alter(answer);
          response.writeHead(status, ownOf(headers)).end(text);
        },
        () => response.destroy(),
      );
    });
  });
  const origin = await listen(server, 0, '127.0.0.1');
  return { origin, stop: () => closable(server, 0).close() };
}

/** Returns the call for Prism: a header's second value has another name. */
export function relayed({ headers = {}, ...rest }: WireCall): WireCall {
  const single = Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    const [first = '', again] = [value].flat();
    const others: [string, string][] = again === undefined ? [] : [[second + name, again]];
    return [[name, first], ...others];
  });
  return { ...rest, headers: Object.fromEntries(single) };
}

function doubled(headers: NodeJS.Dict<string | string[]>): Record<string, string[]> {
  const whole = Object.entries(ownOf(headers)).filter(([name]) => !name.startsWith(second));
  return Object.fromEntries(whole.map(([name, value]) => [name, [value, headers[second + name] ?? []].flat()]));
}

/** Removes the headers of the connection. */
function ownOf<Value>(headers: Readonly<NodeJS.Dict<Value>>): Record<string, Value> {
  const connection = ['connection', 'content-length', 'host', 'keep-alive', 'transfer-encoding'];
  const own = Object.entries(headers).flatMap(([name, value]): [string, Value][] =>
    value === undefined || connection.includes(name) ? [] : [[name, value]],
  );
  return Object.fromEntries(own);
}
