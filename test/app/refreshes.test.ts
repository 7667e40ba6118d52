import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createRefreshes } from '../../src/app/thread/engine-thread.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Refreshes tokens in one turn of the event loop. @returns the pieces sent to the thread, and a function that settles one */
function presenting() {
  const pieces: number[][] = [];
  const refreshes = createRefreshes(
    (text) => {
      // Written by the tested module.
      pieces.push((JSON.parse(text) as [number][]).map(([id]) => id));
    },
    () => undefined,
  );
  const present = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      refreshes.refresh('xerial', 'token', `request ${index}`).catch(expect.unreachable);
    }
  };
  const settle = (ids: readonly number[]): void => {
    refreshes.settle(ids.map((id) => [id, { kind: 'unavailable' }]));
  };
  return { pieces, present, settle };
}

test('few refreshes of one turn are sent together at the end of the turn', () => {
  const { pieces, present } = presenting();
  present(3);
  expect(pieces).toEqual([]);
  vi.runAllTimers();
  expect(pieces).toEqual([[0, 1, 2]]);
});

test('many refreshes of one turn are sent in thirds, each once and in order', () => {
  const { pieces, present } = presenting();
  present(60);
  expect(pieces.map(({ length }) => length)).toEqual([4, 4, 4, 6, 9, 14]);
  vi.runAllTimers();
  expect(pieces.map(({ length }) => length)).toEqual([4, 4, 4, 6, 9, 14, 19]);
  expect(pieces.flat()).toEqual(Array.from({ length: 60 }, (_, id) => id));
});

test('settled refreshes are not pending, and the rest of a turn is sent at its end', () => {
  const { pieces, present, settle } = presenting();
  present(60);
  vi.runAllTimers();
  for (const piece of pieces.splice(0)) settle(piece);
  present(6);
  expect(pieces.map(({ length }) => length)).toEqual([4]);
  vi.runAllTimers();
  expect(pieces.map(({ length }) => length)).toEqual([4, 2]);
});
