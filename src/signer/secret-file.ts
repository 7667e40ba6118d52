// A secret in a file that only its owner can read, created if missing.
import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { isRefractError, RefractError } from '../errors.ts';

/**
 * @param what the name of the secret in messages
 * @param shortest characters that it needs at least
 * @returns the secret, or `undefined` if there is no such file
 * @throws RefractError `key` for a secret that is too short or readable by others
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
    if (hasCode(reason, 'ENOENT')) return undefined;
    throw new RefractError('key', `The ${what} ${file} cannot be read: ${messageOf(reason)}.`);
  }
  throw new RefractError(
    'key',
    `The ${what} in ${file} is too short; it needs at least ${String(shortest)} characters.`,
  );
}

/**
 * Creates a secret. It is written to another name and then linked, so that two processes which start at once read the
 * same whole secret; and it is flushed, since committed keys depend on it after a power cut.
 */
export function createSecretFile(file: string, what: string, shortest: number): string {
  const unlinked = `${file}.${randomUUID()}`;
  const folder = dirname(file);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const secret = randomBytes(32).toString('base64url');
    writeFileSync(unlinked, `${secret}\n`, { flag: 'wx', mode: 0o600, flush: true });
    try {
      linkSync(unlinked, file);
    } catch (reason) {
      if (!hasCode(reason, 'EEXIST')) throw reason;
    } finally {
      rmSync(unlinked, { force: true });
    }
    syncFolder(folder);
  } catch (reason) {
    throw new RefractError('key', `The ${what} ${file} cannot be written: ${messageOf(reason)}.`);
  }
  const secret = readSecretFile(file, what, shortest);
  if (secret === undefined) throw new RefractError('key', `The ${what} ${file} disappeared while it was created.`);
  return secret;
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function hasCode(reason: unknown, code: string): boolean {
  return reason instanceof Error && 'code' in reason && reason.code === code;
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
