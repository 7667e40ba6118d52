// What the process of a server holds at rest: memory, and handles of files and connections. On Linux alone.
import { readdirSync, readFileSync } from 'node:fs';
import { pause } from './chains.ts';

export interface Footprint {
  readonly megabytes: number;
  readonly handles: number;
}

/** Every thread collects, twice, since finalizers free more. */
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

/** For Node: a signal has the server collect its garbage. The rest is what it holds. */
export const collecting = ['--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(collector)}`] as const;

/** For the C library: freed memory is given back, so that resident memory is memory that is held. */
export const givingBack = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '65536',
} as const;

/** Looks until the footprint is not above `most`, or time is over. Resolves with the smallest that was seen. */
export async function footprintOf(pid: number, most: Footprint, timeoutMs: number): Promise<Footprint> {
  const until = performance.now() + timeoutMs;
  let least: Footprint = { megabytes: Infinity, handles: Infinity };
  do {
    process.kill(pid, 'SIGUSR2');
    await pause(500);
    const now = { megabytes: megabytesOf(pid), handles: readdirSync(`/proc/${pid}/fd`).length };
    least = { megabytes: Math.min(least.megabytes, now.megabytes), handles: Math.min(least.handles, now.handles) };
  } while (performance.now() < until && (least.megabytes > most.megabytes || least.handles > most.handles));
  return least;
}

/** Resident memory. */
export function megabytesOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
