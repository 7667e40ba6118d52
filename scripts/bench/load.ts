// The load: virtual clients, each on its own connection, each refreshing with its newest token. In a process of its own and
// on plain sockets, so that it costs little compared with the server; its own cost is reported.
//
// Reads a LoadOrder as JSON from standard input and prints LoadFigures as JSON.
import { connect } from 'node:net';
import { at } from '../../test/shared/at.ts';
import { accessTokenIn, callFor, refreshTokenIn, type ContractName } from '../../test/shared/refreshing.ts';

export interface LoadOrder {
  readonly origins: readonly string[];
  readonly contract: ContractName;
  /** One client for each, unless `clients` is given. */
  readonly tokens: readonly string[];
  /** The number of clients, which share the tokens; each picks a random one of its own every time. */
  readonly clients?: number;
  readonly seconds: number;
  /** The load ends after so many refreshes or after its time. */
  readonly most?: number;
  /** Whether a response has no successor, so that the same token is sent again. */
  readonly isStatic?: boolean;
  /** The call, where it is not that of the contract. */
  readonly call?: OtherCall;
}

/** A refresh of another server; `TOKEN` is replaced by the token. */
export interface OtherCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** The member of the response with the next token; an `access_token` is required as well. */
  readonly successor: string;
}

export interface LoadFigures {
  readonly refreshes: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Responses with another status than 200. */
  readonly errors: number;
  /** Granted responses without the required token. */
  readonly wrongBodies: number;
  /** Processor time of this process for one refresh, in microseconds. */
  readonly generatorCpu: number;
  /** The current tokens of the clients. */
  readonly tokens: readonly string[];
}

const placeholder = 'TOKEN';

async function load(order: LoadOrder): Promise<LoadFigures> {
  const latencies: number[] = [];
  const counts = { refreshes: 0, errors: 0, wrongBodies: 0 };
  const tokens = [...order.tokens];
  const begin = process.cpuUsage();
  const since = performance.now();
  const until = since + order.seconds * 1000;
  const { clients = tokens.length, most = Infinity } = order;
  await Promise.all(
    Array.from({ length: clients }, async (_, number) => {
      const origin = new URL(order.origins[number % order.origins.length] ?? '');
      const client = await openClient(origin);
      const build = builderOf(order, origin);
      const own = Math.ceil((tokens.length - number) / clients);
      while (performance.now() < until && counts.refreshes < most) {
        const index = number + clients * Math.floor(Math.random() * own);
        const sentAt = performance.now();
        const { status, body } = await client.exchange(build(tokens[index] ?? ''));
        latencies.push(performance.now() - sentAt);
        if (status !== 200) {
          counts.errors += 1;
          continue;
        }
        counts.refreshes += 1;
        try {
          tokens[index] = successorIn(order, JSON.parse(body)) ?? tokens[index] ?? '';
        } catch {
          counts.wrongBodies += 1;
        }
      }
      client.close();
    }),
  );
  const seconds = (performance.now() - since) / 1000;
  const { user, system } = process.cpuUsage(begin);
  latencies.sort((one, other) => one - other);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    ...counts,
    perSecond: counts.refreshes / seconds,
    p50: at(0.5),
    p99: at(0.99),
    generatorCpu: (user + system) / Math.max(1, counts.refreshes),
    tokens,
  };
}

/** @returns `undefined` where the same token is sent again @throws for a response without its tokens */
function successorIn({ contract, isStatic, call }: LoadOrder, body: unknown): string | undefined {
  if (call !== undefined) {
    const [access, token] = [at(body, 'access_token'), at(body, call.successor)];
    if (typeof access !== 'string' || typeof token !== 'string') throw new Error('the response has no tokens');
    return token;
  }
  if (isStatic !== true) return refreshTokenIn(contract, body);
  accessTokenIn(contract, body);
  return undefined;
}

/** Returns a function that builds a request; all but the token is built once. */
function builderOf({ contract, call }: LoadOrder, { host }: URL): (token: string) => string {
  const { method, path, headers, body } = call ?? callFor(contract, placeholder);
  const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  const [before = '', after = ''] = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}`.split(
    placeholder,
  );
  const text = String(body ?? '');
  const [bodyBefore = '', bodyAfter = ''] = text.split(placeholder);
  const isInBody = text.includes(placeholder);
  return (token) => {
    const content = isInBody ? bodyBefore + token + bodyAfter : text;
    const head = isInBody || after === '' ? before : before + token + after;
    return `${head}content-length: ${String(Buffer.byteLength(content))}\r\n\r\n${content}`;
  };
}

interface Client {
  readonly exchange: (request: string) => Promise<{ readonly status: number; readonly body: string }>;
  readonly close: () => void;
}

/** Opens a connection for one request at a time; responses must have a Content-Length. */
function openClient({ hostname, port }: URL): Promise<Client> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let received = '';
    let settle: ((response: { status: number; body: string }) => void) | undefined;
    let fail: (reason: Error) => void = reject;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(received.slice(0, end))?.[1] ?? 0);
      if (received.length < end + 4 + length) return;
      const response = { status: Number(received.slice(9, 12)), body: received.slice(end + 4, end + 4 + length) };
      received = received.slice(end + 4 + length);
      settle?.(response);
    });
    socket.on('error', (reason) => fail(reason));
    socket.on('close', () => fail(new Error('the connection was closed')));
    socket.on('connect', () => {
      resolve({
        exchange: (request) =>
          new Promise((received, failed) => {
            settle = received;
            fail = failed;
            socket.write(request, 'latin1');
          }),
        close: () => socket.destroy(),
      });
    });
  });
}

if (import.meta.main) {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  // Written by `runLoad`.
  const order = JSON.parse(text) as LoadOrder;
  process.stdout.write(JSON.stringify(await load(order)));
}
