// What was worked out of a document is kept beside what Node has compiled, where a process keeps that: the next start
// finds both. What is kept under another text, by other code or by another release of a package is worked out anew.
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

const packageFile = new URL('../../../package.json', import.meta.url);

/** What something was worked out of. */
export interface Origin {
  /** There is one file for each. */
  readonly name: string;
  readonly text: string;
  /** The modules (`import.meta.url`) that it depends on, beside the packages. */
  readonly code: readonly string[];
}

/**
 * What `work` returns, or has returned for the same before. What it throws is not kept.
 * @param folder where it is kept; nowhere if there is none
 */
export function remembered<Value>(
  { name, text, code }: Origin,
  work: () => Value,
  folder: string | undefined = getCompileCacheDir(),
): Value {
  if (folder === undefined) return work();
  const file = join(folder, `document-${name}`);
  const parts = [text, ...[packageFile, ...code.map((url) => new URL(url))].map((url) => readFileSync(url, 'utf8'))];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  const kept = read(file);
  // Kept below by this very function, under a key that says of what.
  if (kept?.key === key) return kept.value as Value;
  const value = work();
  write(file, { key, value });
  return value;
}

interface Kept {
  readonly key: string;
  readonly value: unknown;
}

function read(file: string): Kept | undefined {
  try {
    // Written by `write` alone, wholly or not at all.
    return deserialize(readFileSync(file)) as Kept;
  } catch {
    // Nothing is there yet, or half of it: it is worked out and written anew.
    return undefined;
  }
}

function write(file: string, kept: Kept): void {
  try {
    const unfinished = `${file}-${String(process.pid)}`;
    writeFileSync(unfinished, serialize(kept), { mode: 0o600 });
    renameSync(unfinished, file);
  } catch {
    // Where it cannot be written, the next start takes as long as this one.
  }
}
