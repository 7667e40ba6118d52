// The machine that figures were taken on, as it is named beside them.
import { cpus } from 'node:os';

export function thisMachine(): string {
  return `${cpus()[0]?.model.trim() ?? 'unknown'}, ${String(cpus().length)} cores, Node ${process.versions.node}`;
}
