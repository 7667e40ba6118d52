// The last hour in slots of ten seconds, with a clock moved by hand.
import { expect, test } from 'vitest';
import { createHistory, slotCount, slotLength, type Series } from '../../src/observe/history.ts';

const begin = 1_700_000_000;

function historyAt() {
  const clock = { now: begin };
  return { clock, history: createHistory(['fib', 'xerial'], () => clock.now * 1000) };
}

/** Where there is something, as `slots ago: count`. */
function ago(counts: Series['granted']): Record<number, number> {
  const told = counts?.map((count, index) => [slotCount - 1 - index, count] as const) ?? [];
  return Object.fromEntries(told.filter(([, count]) => count > 0));
}

test('what happens within ten seconds is counted together, by contract and kind', () => {
  const { clock, history } = historyAt();
  history.count('fib', 'granted');
  history.count('fib', 'granted');
  history.count('fib', 'refused');
  clock.now += slotLength;
  history.count('fib', 'granted');
  history.count('xerial', 'fault');
  expect(ago(history.read('fib').granted)).toEqual({ 1: 2, 0: 1 });
  expect(ago(history.read('fib').refused)).toEqual({ 1: 1 });
  expect(history.read('xerial')).toEqual({ fault: expect.any(Array) });
  expect(history.read('fib').granted).toHaveLength(slotCount);
});

test('what is older than an hour is gone, also where nothing happened since', () => {
  const { clock, history } = historyAt();
  history.count('fib', 'granted');
  clock.now += 3600 - slotLength;
  expect(ago(history.read('fib').granted)).toEqual({ [slotCount - 1]: 1 });
  clock.now += slotLength;
  expect(history.read('fib')).toEqual({});
  history.count('fib', 'granted');
  clock.now += 10 * 3600;
  expect(history.read('fib')).toEqual({});
});

test('it begins at a whole slot, an hour before the end of the one that is being filled', () => {
  const { clock, history } = historyAt();
  clock.now += 7;
  expect(history.begin()).toBe(begin + slotLength - 3600);
});

test('a clock that is set back goes on where it was', () => {
  const { clock, history } = historyAt();
  history.count('fib', 'granted');
  clock.now -= 100;
  history.count('fib', 'granted');
  expect(ago(history.read('fib').granted)).toEqual({ 0: 2 });
});

test('a contract that it does not know is nothing to it', () => {
  const { history } = historyAt();
  history.count('sixth', 'granted');
  expect(history.read('sixth')).toEqual({});
});
