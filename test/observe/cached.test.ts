// One answer for all who ask at about the same time.
import { expect, test } from 'vitest';
import { cached } from '../../src/observe/cached.ts';

test('an answer, or a failure, is given again until the period is over', async () => {
  let now = 0;
  let asked = 0;
  const ask = cached(
    1_000,
    async () => {
      asked += 1;
      if (asked === 2) throw new Error('on purpose');
      return asked;
    },
    () => now,
  );
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  now = 999;
  expect(await ask()).toBe(1);
  now = 1_000;
  await expect(ask()).rejects.toThrow('on purpose');
  await expect(ask()).rejects.toThrow('on purpose');
  now = 2_000;
  expect(await ask()).toBe(3);
  expect(asked).toBe(3);
});
