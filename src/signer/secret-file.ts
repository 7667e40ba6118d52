// A secret in a file that only its owner can read, made where it is missing.
import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { isRefractError, RefractError } from '../errors.ts';

/**
 * @param what it is called in messages
 * @param shortest characters that it must have at least
 * @returns the secret, or `undefined` where there is no such file
 * @throws RefractError `key` for one that is too short or readable by others
 */
export function readSecretFile(file: string, what: string, shortest: number): string | undefined {
  try {
    if ((statSync(file).mode & 0o077) !== 0) {
      throw new RefractError('key', `${file} can be read by others; run: chmod 600 ${file}`);
    }
    const secret = readFileSync(file, 'utf8').trim();
    if (secret.length >= shortest) return secret;
  } catch (reason) {
    if (isRefractError(reason, 'key')) throw reason;
    if (isMissing(reason)) return undefined;
    throw new RefractError('key', `The ${what} ${file} cannot be read: ${messageOf(reason)}.`);
  }
  throw new RefractError(
    'key',
    `The ${what} in ${file} is too short; it needs at least ${String(shortest)} characters.`,
  );
}

/** Written aside and linked into place, so that of two processes that start at once both read the same whole secret. */
export function createSecretFile(file: string, what: string, shortest: number): string {
  const aside = `${file}.${randomUUID()}`;
  try {
    makeFolder(dirname(file));
    writeDurably(aside, `${randomBytes(32).toString('base64url')}\n`);
    try {
      linkSync(aside, file);
    } catch (reason) {
      if (!(reason instanceof Error && 'code' in reason && reason.code === 'EEXIST')) throw reason;
    } finally {
      rmSync(aside, { force: true });
    }
    syncFolder(dirname(file));
  } catch (reason) {
    throw new RefractError('key', `The ${what} ${file} cannot be written: ${messageOf(reason)}.`);
  }
  const secret = readSecretFile(file, what, shortest);
  if (secret === undefined) throw new RefractError('key', `The ${what} ${file} disappeared while it was being made.`);
  return secret;
}

/** Beside a SQLite file it is there; where sessions are in PostgreSQL nobody else makes it. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (reason) {
    // Another process that starts at the same time may have made it.
    if (!existsSync(folder)) throw reason;
  }
}

/** The keys that it seals survive a power cut as soon as they are committed; so must it. */
function writeDurably(file: string, text: string): void {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isMissing(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && reason.code === 'ENOENT';
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
