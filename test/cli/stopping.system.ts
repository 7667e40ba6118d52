// A server that stops completes the requests in flight; a second signal ends it at once.
import { once } from 'node:events';
import { Agent, request as send } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import { at } from '../shared/at.ts';
import { noDetails, test, type Place, type Serving } from '../shared/cli.ts';
import { callFor } from '../shared/refreshing.ts';

test.for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s stops the server with 0 after it completed the requests in flight',
  async (signal, { place }) => {
    const { serving, finish, response } = await startRequest(place, '60');
    serving.kill(signal);
    await waitUntilClosed(serving);
    finish();
    expect(await response).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*"refresh":/);
    expect(await serving.ended).toMatchObject({ code: 0, stderr: '' });
    const sessions = await place.inside(({ store }) => store.listSessions({}));
    expect(sessions.map(({ generation }) => generation)).toEqual([1]);
  },
);

test('a second signal stops the server at once, despite requests in flight', async ({ place }) => {
  const { serving, response } = await startRequest(place, '60');
  serving.kill('SIGTERM');
  await waitUntilClosed(serving);
  serving.kill('SIGTERM');
  expect(await serving.ended).toMatchObject({ code: 1, stderr: '' });
  expect(await response).toBe('');
});

test('a Ctrl-C that npm forwards does not count as a second signal', async ({ place }) => {
  const { serving, finish, response } = await startRequest(place, '60');
  serving.kill('SIGINT');
  serving.kill('SIGINT');
  await waitUntilClosed(serving);
  finish();
  expect(await response).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(await serving.ended).toMatchObject({ code: 0, stderr: '' });
});

test('idle connections and incomplete requests delay a stop up to the timeout', async ({ place }) => {
  const { serving, response } = await startRequest(place, '1');
  const silent = connect(Number(new URL(serving.origin).port), '127.0.0.1');
  await once(silent, 'connect');
  serving.kill('SIGTERM');
  expect(await serving.ended).toMatchObject({ code: 0, stderr: '' });
  expect(await response).toBe('');
});

test('a server without requests stops with 0 despite an idle connection', async ({ place }) => {
  const serving = await place.serveAlone({}, '--only', 'xerial');
  const idle = connect(Number(new URL(serving.origin).port), '127.0.0.1');
  idle.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(idle, 'data');
  serving.kill('SIGTERM');
  expect(await serving.ended).toMatchObject({ code: 0, stderr: '' });
});

test.for([
  ['connections that are kept', true],
  ['a connection for each request', false],
] as const)('a stop under load over %s sends a response to every accepted request', async ([, isKept], { place }) => {
  const tokens = await place.inside(async ({ store, administration }) => {
    await store.putSubject('bob', noDetails);
    const issuing = Array.from({ length: 48 }, () =>
      administration.issue('xerial', 'bob', undefined, { actor: 'test' }),
    );
    return (await Promise.all(issuing)).map(({ grant }) => grant.refresh.token);
  });
  const serving = await place.serveAlone({}, '--only', 'xerial');
  const agent = isKept ? new Agent({ keepAlive: true }) : false;
  let answered = 0;
  const chain = async (token: string): Promise<unknown> => {
    for (let current = token; ; answered += 1) {
      const response = await post(serving.origin, agent, current);
      if (typeof response === 'string') return response;
      current = String(at(response, 'refresh', 'token'));
      if (answered === 200) serving.kill('SIGTERM');
    }
  };
  // Connections after the port is closed are refused; none is cut off.
  expect(new Set(await Promise.all(tokens.map(chain)))).toEqual(new Set(['ECONNREFUSED']));
  expect(await serving.ended).toMatchObject({ code: 0, stderr: '' });
  if (agent !== false) agent.destroy();
});

/** The body of a response, or the code of the error. */
function post(origin: string, agent: Agent | false, refreshToken: string): Promise<unknown> {
  return new Promise((resolve) => {
    const { path, method, headers = {}, body } = callFor('xerial', refreshToken);
    const request = send(origin + path, { method, headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve(response.statusCode === 200 ? JSON.parse(text) : `status ${String(response.statusCode)}`);
      });
      response.on('error', () => {
        resolve('cut off');
      });
    });
    request.on('error', (reason: NodeJS.ErrnoException) => {
      resolve(reason.code ?? reason.message);
    });
    request.end(body);
  });
}

/** A refresh of which the server has read the headers and a part of the body: it waits for the rest. */
async function startRequest(place: Place, patience: string) {
  const token = await place.inside(async ({ store, issue }) => {
    await store.putSubject('bob', noDetails);
    const issued = await issue('xerial', 'bob');
    return issued.kind === 'issued' ? issued.grant.refresh.token : '';
  });
  const serving = await place.serveAlone({ environment: { REFRACT_STOP_TIMEOUT: patience } }, '--only', 'xerial');
  const body = JSON.stringify({ refreshToken: token });
  const head = [
    'POST /xerial/auth/refresh-tokens HTTP/1.1',
    'Host: x',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Expect: 100-continue',
    'Connection: close',
  ];
  const request = connect(Number(new URL(serving.origin).port), '127.0.0.1');
  request.on('error', () => undefined);
  request.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`);
  const [interim] = (await once(request, 'data')) as [Buffer];
  expect(String(interim)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  return { serving, finish: () => request.write(body.slice(10)), response: everything(request) };
}

async function waitUntilClosed(serving: Serving): Promise<void> {
  let isAccepted: boolean;
  do {
    const attempt = connect(Number(new URL(serving.origin).port), '127.0.0.1');
    isAccepted = await new Promise((resolve) => {
      attempt.on('connect', () => resolve(true)).on('error', () => resolve(false));
    });
    attempt.destroy();
  } while (isAccepted);
}

/** Reads a connection until it is closed. */
function everything(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    socket.on('data', (chunk) => (received += String(chunk)));
    socket.on('close', () => {
      resolve(received);
    });
  });
}
