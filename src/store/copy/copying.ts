// Copies one database to another, whatever kind each of them is.
import { copy, type Copied, type CopyOptions } from './copy.ts';
import type { CopyEnd } from './ends.ts';
import { openSqliteEnd } from './sqlite-end.ts';

export type { Copied } from './copy.ts';

/** A database: a SQLite file, or PostgreSQL by its address. */
export type CopyAddress = { readonly file: string } | { readonly url: string };

export interface Copying extends CopyOptions {
  readonly from: CopyAddress;
  readonly to: CopyAddress;
  /** Milliseconds to wait for servers that write to a SQLite file. */
  readonly busyTimeout: number;
}

/** Copies, and switches from one to the other. @throws RefractError `store`; run again it goes on */
export async function copyDatabase({ from, to, busyTimeout, ...options }: Copying): Promise<Copied> {
  const source = await openEnd(from, 'source', busyTimeout);
  try {
    const target = await openEnd(to, 'target', busyTimeout);
    try {
      options.say(`Copying ${source.place} to ${target.place}`);
      return await copy(source, target, options);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function openEnd(address: CopyAddress, side: 'source' | 'target', busyTimeout: number): Promise<CopyEnd> {
  if ('file' in address) return openSqliteEnd(address.file, side, busyTimeout);
  return (await import('./postgres-end.ts')).openPostgresEnd(address.url, side);
}
