// A consumer's API, which the examples call. It refuses the access tokens that a test names, as if they had expired.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Api {
  readonly origin: string;
  /** The statuses of its responses, in order. */
  readonly statuses: number[];
  readonly refuse: (accessToken: string) => void;
  readonly stop: () => void;
}

/** @param pages other pages to serve, by path */
export async function startApi(
  pages: Readonly<Record<string, readonly [mediaType: string, text: string]>> = {},
): Promise<Api> {
  const refused = new Set<string>();
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    const page = pages[request.url ?? ''];
    if (page !== undefined) {
      response.setHeader('content-type', page[0]).end(page[1]);
      return;
    }
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const isGood = token !== '' && !refused.has(token);
    statuses.push(isGood ? 200 : 401);
    response.statusCode = isGood ? 200 : 401;
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify(isGood ? { subject: subjectOf(token) } : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    statuses,
    refuse: (accessToken) => refused.add(accessToken),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function subjectOf(token: string): unknown {
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  return (claims as { sub?: unknown }).sub;
}
