/** Folders watched: what was saved, in batches, one at a time. */
import { readdirSync, statSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';

/** A saved file: its folder as it was given, and its path below that. */
export interface Saved {
  readonly folder: string;
  readonly file: string;
}

export interface Watching {
  readonly stop: () => Promise<void>;
}

/** Milliseconds in which the events of one save arrive: editors truncate and write, or write aside and rename. */
const settling = 20;

/**
 * Watches folders and those in them. Each by itself: watched recursively, Linux loses a file that an editor replaces.
 * @param tell is called with what was saved since its last call, and again only once that is done
 */
export function watchFolders(folders: readonly string[], tell: (saved: readonly Saved[]) => Promise<void>): Watching {
  const pending = new Map<string, Saved>();
  let timer: NodeJS.Timeout | undefined;
  let telling = Promise.resolve();
  let isTelling = false;
  const tellAll = async (): Promise<void> => {
    isTelling = true;
    try {
      while (pending.size > 0) {
        const saved = [...pending.values()];
        pending.clear();
        await tell(saved);
      }
    } finally {
      isTelling = false;
    }
  };
  const noticed = (saved: Saved): void => {
    pending.set(join(saved.folder, saved.file), saved);
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!isTelling) telling = tellAll();
    }, settling);
  };
  const watchers = new Map<string, FSWatcher>();
  const watchBelow = (folder: string, below: string): void => {
    const path = join(folder, below);
    if (watchers.has(path)) return;
    const watcher = watch(path, (_event, name) => {
      if (name === null) return;
      const file = join(below, name);
      if (isFolder(join(folder, file))) watchBelow(folder, file);
      else noticed({ folder, file });
    });
    // A folder that is removed ends its watcher.
    watcher.on('error', () => {
      watcher.close();
      watchers.delete(path);
    });
    watchers.set(path, watcher);
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) watchBelow(folder, join(below, entry.name));
    }
  };
  for (const folder of folders) watchBelow(folder, '');
  return {
    stop: async () => {
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
      pending.clear();
      await telling;
    },
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
