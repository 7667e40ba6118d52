import { expect, test } from 'vitest';
import { cacheFor } from '../../src/observe/readiness.ts';

test('cacheFor() returns a result or an error again until its period has passed', async () => {
  let now = 0;
  let reads = 0;
  const read = cacheFor(
    1_000,
    async () => {
      reads += 1;
      if (reads === 2) throw new Error('on purpose');
      return reads;
    },
    () => now,
  );
  expect(await Promise.all([read(), read()])).toEqual([1, 1]);
  now = 999;
  expect(await read()).toBe(1);
  now = 1_000;
  await expect(read()).rejects.toThrow('on purpose');
  await expect(read()).rejects.toThrow('on purpose');
  now = 2_000;
  expect(await read()).toBe(3);
  expect(reads).toBe(3);
});
