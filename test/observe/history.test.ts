// The history of the last hour in slots of ten seconds, with a manual clock.
import { expect, test } from 'vitest';
import { createHistory, slotCount, slotLength, type OutcomeSeries } from '../../src/observe/outcomes.ts';

const begin = 1_700_000_000;

function historyAt() {
  const clock = { now: begin };
  return { clock, history: createHistory(['fib', 'xerial'], () => clock.now * 1000) };
}

/** Returns the counts above zero by their slot, counted back from the last one. */
function bySlotsAgo(counts: OutcomeSeries['granted']): Record<number, number> {
  const entries = counts?.map((count, index) => [slotCount - 1 - index, count] as const) ?? [];
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

test('the history counts outcomes of ten seconds together by contract and kind', () => {
  const { clock, history } = historyAt();
  history.count('fib', 'granted');
  history.count('fib', 'granted');
  history.count('fib', 'refused');
  clock.now += slotLength;
  history.count('fib', 'granted');
  history.count('xerial', 'fault');
  expect(bySlotsAgo(history.read('fib').granted)).toEqual({ 1: 2, 0: 1 });
  expect(bySlotsAgo(history.read('fib').refused)).toEqual({ 1: 1 });
  expect(history.read('xerial')).toEqual({ fault: expect.any(Array) });
  expect(history.read('fib').granted).toHaveLength(slotCount);
});

test('the history drops outcomes older than an hour, also without later events', () => {
  const { clock, history } = historyAt();
  history.count('fib', 'granted');
  clock.now += 3600 - slotLength;
  expect(bySlotsAgo(history.read('fib').granted)).toEqual({ [slotCount - 1]: 1 });
  clock.now += slotLength;
  expect(history.read('fib')).toEqual({});
  history.count('fib', 'granted');
  clock.now += 10 * 3600;
  expect(history.read('fib')).toEqual({});
});

test('the history begins at a full slot, an hour before the end of the current one', () => {
  const { clock, history } = historyAt();
  clock.now += 7;
  expect(history.begin()).toBe(begin + slotLength - 3600);
});

test('the history continues to fill the last slot when the clock is set back', () => {
  const { clock, history } = historyAt();
  history.count('fib', 'granted');
  clock.now -= 100;
  history.count('fib', 'granted');
  expect(bySlotsAgo(history.read('fib').granted)).toEqual({ 0: 2 });
});

test('the history ignores an unknown contract', () => {
  const { history } = historyAt();
  history.count('sixth', 'granted');
  expect(history.read('sixth')).toEqual({});
});
