// The contents of a write-ahead log (sqlite.org/fileformat2.html#walformat).
import { readFileSync } from 'node:fs';

/** Counts the commits of the current log. Only a frame that commits has a database size. */
export function countCommits(file: string): number {
  const log = readFileSync(`${file}-wal`);
  if (log.length === 0) return 0;
  const pageSize = log.readUInt32BE(8);
  const salts = log.subarray(16, 24);
  let commits = 0;
  for (let frame = 32; frame + 24 + pageSize <= log.length; frame += 24 + pageSize) {
    // Frames of an earlier log may follow those of this one.
    if (!log.subarray(frame + 8, frame + 16).equals(salts)) break;
    if (log.readUInt32BE(frame + 4) !== 0) commits += 1;
  }
  return commits;
}
