// What a server's process holds at rest: memory, and handles of files and connections. Of Linux alone.
import { readdirSync, readFileSync } from 'node:fs';
import { pause } from '../chains.ts';

export interface Footprint {
  readonly megabytes: number;
  readonly handles: number;
}

/** Of every thread, twice, as finalizers let go of more. */
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

/** For Node: has the server collect its garbage when it is told to by a signal. What is left is what it holds on to. */
export const collecting = ['--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(collector)}`] as const;

/** For the C library: gives back what was freed, so that the resident memory says what is held. */
export const givingBack = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '65536',
} as const;

/** Looks until it is not more than the footprint given, for so many milliseconds at most. Resolves with the smallest. */
export async function footprintOf(pid: number, most: Footprint, patience: number): Promise<Footprint> {
  const until = performance.now() + patience;
  let least: Footprint = { megabytes: Number.POSITIVE_INFINITY, handles: Number.POSITIVE_INFINITY };
  do {
    process.kill(pid, 'SIGUSR2');
    await pause(500);
    const now = { megabytes: megabytesOf(pid), handles: readdirSync(`/proc/${String(pid)}/fd`).length };
    least = { megabytes: Math.min(least.megabytes, now.megabytes), handles: Math.min(least.handles, now.handles) };
  } while (performance.now() < until && (least.megabytes > most.megabytes || least.handles > most.handles));
  return least;
}

/** Resident. */
export function megabytesOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
