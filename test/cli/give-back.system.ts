import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { giveBackMemory } from '../../src/cli/serve.ts';

test('what nobody holds any more is gone, and what somebody holds stays', async () => {
  const held = { text: 'x'.repeat(1_000) };
  const [dropped, kept] = [new WeakRef({ text: 'y'.repeat(1_000) }), new WeakRef(held)];
  // What was made in this turn is held until its end (ECMA-262 §9.9).
  await setImmediate();
  await giveBackMemory();
  expect(dropped.deref()).toBeUndefined();
  expect(kept.deref()).toBe(held);
});
