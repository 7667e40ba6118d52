import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createRefreshes } from '../../src/app/thread/engine-thread.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Presents them in one turn of the event loop. @returns the pieces that went to the thread, and what settles a piece */
function presenting() {
  const pieces: number[][] = [];
  const refreshes = createRefreshes(
    (text) => {
      // Written by what is tested here.
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

test('few refreshes of one turn go to the engine together, at the end of the turn', () => {
  const { pieces, present } = presenting();
  present(3);
  expect(pieces).toEqual([]);
  vi.runAllTimers();
  expect(pieces).toEqual([[0, 1, 2]]);
});

test('of many in one turn a third of all that are under way goes ahead, each once and in order', () => {
  const { pieces, present } = presenting();
  present(60);
  expect(pieces.map(({ length }) => length)).toEqual([4, 4, 4, 6, 9, 14]);
  vi.runAllTimers();
  expect(pieces.map(({ length }) => length)).toEqual([4, 4, 4, 6, 9, 14, 19]);
  expect(pieces.flat()).toEqual(Array.from({ length: 60 }, (_, id) => id));
});

test('those that were answered are under way no more, and what is left of a later turn goes at its end', () => {
  const { pieces, present, settle } = presenting();
  present(60);
  vi.runAllTimers();
  for (const piece of pieces.splice(0)) settle(piece);
  present(6);
  expect(pieces.map(({ length }) => length)).toEqual([4]);
  vi.runAllTimers();
  expect(pieces.map(({ length }) => length)).toEqual([4, 2]);
});
