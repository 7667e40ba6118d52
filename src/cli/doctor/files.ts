// Who can read and write the files, and whether there is room for more.
import { accessSync, constants, existsSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { wellUnless, type Finding } from './finding.ts';

type Found = Omit<Finding, 'check'>;

/**
 * @param database the SQLite file; none where sessions are elsewhere
 * @param secrets files of secrets that are in use; that nobody else can read them is looked at where they are read
 * @param configFile may be read by others, where no secret is in it, but says where everything else is
 */
export function checkPermissions(
  database: string | undefined,
  secrets: readonly string[],
  configFile: string | undefined,
): readonly Finding[] {
  const ofConfiguration = configFile === undefined ? [] : openToWriting(configFile);
  const ofSecrets = secrets.filter((file) => existsSync(file)).flatMap(ofFile);
  const ofDatabase = database === undefined ? [] : ofDatabaseFile(database);
  const found = [...ofConfiguration, ...ofDatabase, ...ofSecrets];
  return wellUnless('permissions', 'the files are for this account alone', found);
}

function ofDatabaseFile(database: string): readonly Found[] {
  // SQLite has its log beside what a link leads to.
  const real = existsSync(database) ? realpathSync(database) : database;
  const folder = dirname(resolve(real));
  if (!existsSync(folder)) {
    return [{ level: 'warn', sentence: `The folder ${folder} is not there; the first start makes it.` }];
  }
  if (existsSync(real) && !statSync(real).isFile()) {
    // Whoever took the mode of a folder or a device for a file's would shut others out of it.
    return [{ level: 'FAIL', sentence: `${database} is no file; name the one that is to hold the database.` }];
  }
  const files = [database, `${real}-wal`, `${real}-shm`].filter((file) => existsSync(file));
  return [...ofFolder(folder), ...files.flatMap(openToOthers), ...files.flatMap(ofFile)];
}

/** Whoever writes to it chooses the database, and so who is signed in. */
function openToWriting(file: string): readonly Found[] {
  const isOpen = statSync(file).isFile() && (statSync(file).mode & 0o022) !== 0;
  const own: readonly Found[] = isOpen
    ? [{ level: 'FAIL', sentence: `${file} can be written by others; run: chmod go-w ${file}` }]
    : [];
  return [...own, ...openToReplacing(dirname(resolve(file)))];
}

function openToReplacing(folder: string): readonly Found[] {
  const { mode } = statSync(folder);
  // In a folder with the sticky bit only the owner of a file can replace it.
  if ((mode & 0o1000) !== 0 || (mode & 0o022) === 0) return [];
  return [{ level: 'FAIL', sentence: `Others can replace the files in ${folder}; run: chmod go-w ${folder}` }];
}

function ofFolder(folder: string): readonly Found[] {
  const found: Found[] = [...openToReplacing(folder)];
  // SQLite writes its log beside the database.
  if (!isAllowed(folder, constants.W_OK | constants.X_OK)) {
    found.push({ level: 'FAIL', sentence: `This account cannot write in ${folder}; give the folder to it.` });
  }
  return found;
}

function openToOthers(file: string): readonly Found[] {
  if ((statSync(file).mode & 0o077) === 0) return [];
  return [{ level: 'FAIL', sentence: `${file} is open to others; run: chmod 600 ${file}` }];
}

function ofFile(file: string): readonly Found[] {
  const { uid } = statSync(file);
  const own = process.getuid?.() ?? uid;
  const found: Found[] = [];
  if (!isAllowed(file, constants.R_OK | constants.W_OK)) {
    found.push({ level: 'FAIL', sentence: `This account cannot read and write ${file}; give the file to it.` });
  }
  if (uid !== own) {
    found.push({
      level: 'warn',
      sentence: `${file} belongs to the account ${String(uid)} and this is ${String(own)}; run commands as the account that runs the server.`,
    });
  }
  return found;
}

function isAllowed(path: string, wanted: number): boolean {
  try {
    accessSync(path, wanted);
    return true;
  } catch {
    return false;
  }
}

const mebibyte = 1_048_576;

/** A backup or a restore needs the size of the database once more, and its log may grow to that. */
export function checkDiskSpace(database: string): readonly Finding[] {
  const size = existsSync(database) ? statSync(database).size : 0;
  const { bavail, bsize } = statfsSync(existingFolder(dirname(resolve(database))));
  const free = bavail * bsize;
  const said = `${String(Math.floor(free / mebibyte))} MiB are free beside a database of ${String(Math.ceil(size / mebibyte))} MiB`;
  const level = free < 64 * mebibyte ? 'FAIL' : free < 256 * mebibyte + 2 * size ? 'warn' : 'ok';
  return [{ level, check: 'disk space', sentence: level === 'ok' ? said : `${said}; make room.` }];
}

function existingFolder(folder: string): string {
  return existsSync(folder) ? folder : existingFolder(dirname(folder));
}
