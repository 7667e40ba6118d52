// Opening and closing a port.
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { closable, listen } from '../../src/http/listening.ts';
import { acceptsNoMore, call } from '../shared/wire.ts';

test('a port that is closed while it is being opened is closed when it is open', async () => {
  const server = createServer();
  const closing = closable(server, 0);
  // A name is looked up first.
  const opening = listen(server, 0, 'localhost');
  await closing.close();
  await acceptsNoMore(await opening);
  expect(server.listening).toBe(false);
});

test('until the port is closed what comes is accepted and not answered, and then it is', async () => {
  const server = createServer((_request, response) => {
    closing.answer(() => {
      response.end('answered');
    });
  });
  const closing = closable(server, 60);
  const origin = await listen(server, 0, '127.0.0.1');
  await closing.hold();
  const order: string[] = [];
  const answers = Promise.all(
    [1, 2, 3].map(async () => {
      const { body } = await call(origin, { method: 'GET', path: '/' });
      order.push(body);
    }),
  );
  // All three have arrived when this one has.
  const arrived = new Promise((resolve) => {
    let requests = 0;
    server.on('request', () => (requests += 1) === 3 && resolve(undefined));
  });
  await arrived;
  await closing.shut();
  order.push('shut');
  await closing.release();
  await answers;
  expect(order).toEqual(['shut', 'answered', 'answered', 'answered']);
  await acceptsNoMore(origin);
});
