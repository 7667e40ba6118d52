// Durations in buckets, as Prometheus reads them: held against what prom-client makes of the same observations.
import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createDurations } from '../../src/observe/durations.ts';

const options = { name: 'a_seconds', help: 'How long it took, in seconds.', buckets: [0.001, 0.5, 2] };
/** Below, at and between the bounds, and above the last. */
const observed = [0, 0.0005, 0.001, 0.0010001, 0.25, 0.5, 1, 2, 2.5, 100];

test('without labels they say what prom-client says', async () => {
  const registry = new Registry();
  const theirs = new Histogram({ ...options, registers: [registry] });
  const ours = createDurations(options);
  const observe = ours.under();
  expect(ours.text()).toBe(await registry.metrics());
  for (const value of observed) {
    theirs.observe(value);
    observe(value);
    expect(ours.text()).toBe(await registry.metrics());
  }
});

test('under labels each has its own, and begins at zero', async () => {
  const registry = new Registry();
  const theirs = new Histogram({ ...options, labelNames: ['contract'], registers: [registry] });
  const ours = createDurations(options);
  const [fib] = ['fib', 'xerial'].map((contract) => {
    theirs.zero({ contract });
    return ours.under({ contract });
  });
  for (const value of observed) {
    theirs.observe({ contract: 'fib' }, value);
    fib?.(value);
  }
  expect(sorted(ours.text())).toEqual(sorted(await registry.metrics()));
  expect(ours.text()).toContain('a_seconds_count{contract="fib"} 10\n');
  expect(ours.text()).toContain('a_seconds_count{contract="xerial"} 0\n');
});

/** In whatever order the series stand. */
function sorted(text: string): string[] {
  return text.split('\n').sort();
}
