// Compares our histogram with the one of prom-client on the same values.
import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createHistogram } from '../../src/observe/metrics.ts';

const options = { name: 'a_seconds', help: 'How long it took, in seconds.', buckets: [0.001, 0.5, 2] };
/** Below, at, between and above the bounds. */
const values = [0, 0.0005, 0.001, 0.0010001, 0.25, 0.5, 1, 2, 2.5, 100];

test('a histogram series without labels has the text of prom-client', async () => {
  const registry = new Registry();
  const theirs = new Histogram({ ...options, registers: [registry] });
  const ours = createHistogram(options);
  const observe = ours.addSeries();
  expect(ours.text()).toBe(await registry.metrics());
  for (const value of values) {
    theirs.observe(value);
    observe(value);
    expect(ours.text()).toBe(await registry.metrics());
  }
});

test('histogram series with labels are separate and start at zero', async () => {
  const registry = new Registry();
  const theirs = new Histogram({ ...options, labelNames: ['contract'], registers: [registry] });
  const ours = createHistogram(options);
  const [fib] = ['fib', 'xerial'].map((contract) => {
    theirs.zero({ contract });
    return ours.addSeries({ contract });
  });
  for (const value of values) {
    theirs.observe({ contract: 'fib' }, value);
    fib?.(value);
  }
  expect(sorted(ours.text())).toEqual(sorted(await registry.metrics()));
  expect(ours.text()).toContain('a_seconds_count{contract="fib"} 10\n');
  expect(ours.text()).toContain('a_seconds_count{contract="xerial"} 0\n');
});

/** The order of the series is not part of the format. */
function sorted(text: string): string[] {
  return text.split('\n').sort();
}
