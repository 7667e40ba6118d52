// Malformed requests as bytes: no fault, no page, no stack trace, and the expected status. The proof about HTTP sends the
// same table.
import { expect, test } from 'vitest';
import { malformed, smuggled, unexpected } from '../shared/hostile/requests.ts';
import { presentAll } from '../shared/raw.ts';
import { startServer } from '../shared/server.ts';

test('a malformed request has a text response with the expected status', async () => {
  // Incomplete requests end by a timeout; the proof covers them.
  const shapes = [...smuggled(), ...malformed().filter((shape) => shape.isLeftOpen !== true), ...unexpected()];
  const environment = { REFRACT_CONSOLE: 'off' };
  const server = await startServer({ environment });
  try {
    expect(await presentAll(server.origin, shapes)).toEqual([]);
  } finally {
    await server.stop();
  }
}, 60_000);
