// This machine and its processes.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Returns the description of this machine for figures. */
export function thisMachine(): string {
  return `${cpus()[0]?.model.trim() ?? 'unknown'}, ${String(cpus().length)} cores, Node ${process.versions.node}`;
}

/** `CLK_TCK`, which Linux has fixed for programs (proc(5), `/proc/pid/stat`). */
const ticksPerSecond = 100;

/** Returns the processor seconds of all threads of a process, in its own code and in the kernel. */
export function processorTimeOf(pid: number): number {
  const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // The second field is the name in brackets, which may contain anything; `utime` and `stime` are the 14th and 15th.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Returns the resident memory of a process in megabytes (proc(5), `VmRSS`). */
export function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}
