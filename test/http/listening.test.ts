import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { closable, listen } from '../../src/http/listening.ts';
import { acceptsNoMore, call } from '../shared/wire.ts';

test('close() of an opening port closes it once it is open', async () => {
  const server = createServer();
  const closing = closable(server, 0);
  // A name is looked up first.
  const opening = listen(server, 0, 'localhost');
  await closing.close();
  await acceptsNoMore(await opening);
  expect(server.listening).toBe(false);
});

test('a closing port accepts requests and responds to them once it is closed', async () => {
  const server = createServer((_request, response) => {
    closing.respond(() => {
      response.end(`listening: ${String(server.listening)}`);
    });
  });
  const closing = closable(server, 60);
  const origin = await listen(server, 0, '127.0.0.1');
  const closed = closing.close();
  const responses = await Promise.all([1, 2, 3].map(() => call(origin, { method: 'GET', path: '/' })));
  expect(responses.map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => 'listening: false'));
  await closed;
  await acceptsNoMore(origin);
});
