/** Folders watched: what was saved, in batches, one at a time. */
import { existsSync, readdirSync, statSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';

/** A saved file: its folder as it was given, and its path below that. */
export interface Saved {
  readonly folder: string;
  readonly file: string;
}

export interface Watching {
  /** Resolves once what was being told is told. */
  readonly stop: () => Promise<void>;
}

/** Milliseconds in which the events of one save arrive: editors truncate and write, or write aside and rename. */
const settling = 20;

/** Milliseconds between two looks for a folder that went away, as when another branch is checked out. */
const returning = 200;

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
  const forget = (path: string): void => {
    for (const [watched, watcher] of watchers) {
      if (watched !== path && !watched.startsWith(`${path}/`)) continue;
      watcher.close();
      watchers.delete(watched);
    }
  };
  /** @param isNew whether what is in it is new as well */
  const watchBelow = (folder: string, below: string, isNew: boolean): void => {
    const path = join(folder, below);
    forget(path);
    let watcher: FSWatcher;
    try {
      watcher = watch(path, (_event, name) => {
        if (name === null) return;
        const file = join(below, name);
        const isFolder = statSync(join(folder, file), { throwIfNoEntry: false })?.isDirectory() ?? false;
        // Made, or made again in the place of one that is gone: a watcher follows the folder and not its name.
        if (isFolder) watchBelow(folder, file, true);
        else {
          forget(join(folder, file));
          noticed({ folder, file });
        }
      });
    } catch {
      // Gone again already.
      return;
    }
    watcher.on('error', () => {
      forget(path);
    });
    watchers.set(path, watcher);
    for (const entry of entriesOf(path)) {
      if (entry.isDirectory()) watchBelow(folder, join(below, entry.name), isNew);
      else if (isNew) noticed({ folder, file: join(below, entry.name) });
    }
  };
  for (const folder of folders) watchBelow(folder, '', false);
  // No watcher sees these folders from above, so they are polled.
  const inodes = new Map(folders.map((folder) => [folder, inodeOf(folder)]));
  const looking = setInterval(() => {
    for (const folder of folders) {
      const inode = inodeOf(folder);
      if (inode === inodes.get(folder)) continue;
      inodes.set(folder, inode);
      if (existsSync(folder)) watchBelow(folder, '', true);
      else forget(folder);
    }
  }, returning);
  looking.unref();

  return {
    stop: async () => {
      clearTimeout(timer);
      clearInterval(looking);
      for (const watcher of watchers.values()) watcher.close();
      pending.clear();
      await telling;
    },
  };
}

function inodeOf(folder: string): number | undefined {
  return statSync(folder, { throwIfNoEntry: false })?.ino;
}

function entriesOf(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}
