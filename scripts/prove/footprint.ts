// What an idle server process holds: memory, and handles of files and connections. On Linux only.
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { memoryOf } from '../machine.ts';

export interface Footprint {
  readonly megabytes: number;
  readonly handles: number;
}

/** Every thread collects twice, since finalizers free more. */
const collector = `
  const collect = () => {
    gc({ type: 'major', flavor: 'last-resort' });
    setImmediate(() => gc({ type: 'major', flavor: 'last-resort' }));
  };
  const others = new BroadcastChannel('collect');
  others.unref();
  if (process.getBuiltinModule('node:worker_threads').isMainThread) {
    process.on('SIGUSR2', () => {
      others.postMessage('now');
      collect();
    });
  } else others.onmessage = collect;`;

/** Arguments of Node: the server collects its garbage at SIGUSR2. */
export const collectOnSignal = [
  ...['--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(collector)}`],
] as const;

/** Environment of the C library: freed memory is returned, so that resident memory is memory in use. */
export const returnMemory = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '65536',
} as const;

/** Measures until the footprint is at most `most` or the time is up. Resolves with the smallest measurement. */
export async function footprintOf(pid: number, most: Footprint, timeoutMs: number): Promise<Footprint> {
  const until = performance.now() + timeoutMs;
  let least: Footprint = { megabytes: Infinity, handles: Infinity };
  do {
    process.kill(pid, 'SIGUSR2');
    await pause(500);
    const now = { megabytes: Math.round(memoryOf(pid)), handles: readdirSync(`/proc/${pid}/fd`).length };
    least = { megabytes: Math.min(least.megabytes, now.megabytes), handles: Math.min(least.handles, now.handles) };
  } while (performance.now() < until && (least.megabytes > most.megabytes || least.handles > most.handles));
  return least;
}
