// What a process has used of the processor, seen from outside: waiting times tell of the whole machine, this of the one.
import { readFileSync } from 'node:fs';

/** Of `CLK_TCK`, which Linux has fixed for programs (proc(5), `/proc/pid/stat`). */
const ticksPerSecond = 100;

/** Seconds of processor time of all threads of a process until now, in its own code and in the kernel. */
export function processorTimeOf(pid: number): number {
  const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // The second field is the name in brackets, which may have anything in it; `utime` and `stime` are the 14th and 15th.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
