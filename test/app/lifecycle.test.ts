import { expect, test } from 'vitest';
import { createLifecycle, stages } from '../../src/app/lifecycle.ts';

test('parts stop in the reverse order of their stages, not of their registration', async () => {
  const lifecycle = createLifecycle();
  const stopped: string[] = [];
  for (const stage of ['contracts listener', 'store', 'admin listener', 'engine thread', 'audit trail'] as const) {
    lifecycle.register(stage, async () => {
      await Promise.resolve();
      stopped.push(stage);
    });
  }
  lifecycle.serve();
  await lifecycle.close();
  await lifecycle.close();
  expect(stopped).toEqual(stages.toReversed());
  expect(lifecycle.phase()).toBe('stopping');
});

test('parts of one stage stop together, and the next stage waits for all of them', async () => {
  const lifecycle = createLifecycle();
  const stopped: string[] = [];
  const gate = Promise.withResolvers<undefined>();
  lifecycle.register('contracts listener', () => gate.promise.then(() => stopped.push('first')));
  lifecycle.register('contracts listener', () => {
    stopped.push('second');
    gate.resolve(undefined);
  });
  lifecycle.register('store', () => stopped.push('store'));
  await lifecycle.close();
  expect(stopped).toEqual(['second', 'first', 'store']);
});
