import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { collectGarbage } from '../../src/cli/process.ts';

test('collectGarbage() frees unreferenced objects and keeps referenced ones', async () => {
  const held = { text: 'x'.repeat(1_000) };
  const [dropped, kept] = [new WeakRef({ text: 'y'.repeat(1_000) }), new WeakRef(held)];
  // Objects of one turn of the event loop are kept until its end (ECMA-262 §9.9).
  await setImmediate();
  await collectGarbage();
  expect(dropped.deref()).toBeUndefined();
  expect(kept.deref()).toBe(held);
});
