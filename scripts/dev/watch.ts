// Reports saved files in batches, one batch at a time.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface SavedFile {
  /** The watched folder, as passed. */
  readonly folder: string;
  /** The path below the folder. */
  readonly file: string;
}

/** Polled, because watchers on Linux lose files that an editor replaces and folders that disappear and return. */
const scanIntervalMs = 100;

/** Time without a change until a batch is complete: editors truncate and write, or write aside and rename. */
const settlingMs = 20;

/** @param report receives all files that were saved, added or removed since its last call has resolved */
export function watchFolders(
  folders: readonly string[],
  report: (saved: readonly SavedFile[]) => Promise<void>,
): { readonly stop: () => Promise<void> } {
  let isStopped = false;
  let known = scan(folders);
  const watch = async (): Promise<void> => {
    const saved = new Map<string, SavedFile>();
    while (!isStopped) {
      await pause(saved.size > 0 ? settlingMs : scanIntervalMs);
      const now = scan(folders);
      const changed = [...known, ...now].filter(([path]) => known.get(path)?.stamp !== now.get(path)?.stamp);
      known = now;
      for (const [path, file] of changed) saved.set(path, file);
      if (changed.length > 0 || saved.size === 0) continue;
      await report([...saved.values()]);
      saved.clear();
    }
  };
  const watching = watch();
  return {
    stop: () => {
      isStopped = true;
      return watching;
    },
  };
}

/** Returns the files of the folders by path, with a stamp that changes when a file is written. */
function scan(folders: readonly string[]): ReadonlyMap<string, SavedFile & { readonly stamp: string }> {
  const files = folders.flatMap((folder) => filesIn(folder).map((file) => ({ folder, file })));
  return new Map(
    files.map(({ folder, file }) => {
      const path = join(folder, file);
      const { mtimeMs, ino, size } = statSync(path, { throwIfNoEntry: false }) ?? {};
      return [path, { folder, file, stamp: [mtimeMs, ino, size].join() }];
    }),
  );
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.\w+$/.test(file));
  } catch {
    // The folder is missing for a moment, as when another branch is checked out.
    return [];
  }
}
