// The master secret that seals all keys: given by the operator, or kept in a file that only its owner can read.
import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { KeyError } from './key-error.ts';

/** Shorter ones could be guessed by whoever holds a copy of the database. */
const shortestSecret = 32;

/** Where the master secret comes from; a given `secret` wins over the file. */
export interface MasterSecretSource {
  readonly secret: string | undefined;
  readonly file: string;
  /** The secret before this one, where key sets may still be sealed under it. */
  readonly previous?: string | undefined;
}

/**
 * @param mayCreate whether a missing file may be generated: not where keys exist that an earlier one has sealed
 * @throws KeyError with one sentence for a secret that is missing, too short or readable by others
 */
export function loadMasterSecret({ secret, file }: MasterSecretSource, mayCreate: boolean): string {
  if (secret !== undefined) {
    if (secret.length < shortestSecret) {
      throw new KeyError(
        `REFRACT_MASTER_SECRET has ${String(secret.length)} characters; it needs at least ${String(shortestSecret)}.`,
      );
    }
    return secret;
  }
  const kept = readSecretFile(file);
  if (kept !== undefined) return kept;
  if (!mayCreate) {
    throw new KeyError(
      `The database holds sealed keys, but their master secret is missing: set REFRACT_MASTER_SECRET or put ${file} back.`,
    );
  }
  return createSecretFile(file);
}

function readSecretFile(file: string): string | undefined {
  try {
    if ((statSync(file).mode & 0o077) !== 0) {
      throw new KeyError(`${file} can be read by others; run: chmod 600 ${file}`);
    }
    const secret = readFileSync(file, 'utf8').trim();
    if (secret.length >= shortestSecret) return secret;
  } catch (reason) {
    if (reason instanceof KeyError) throw reason;
    if (isMissing(reason)) return undefined;
    throw new KeyError(`The master secret ${file} cannot be read: ${messageOf(reason)}.`);
  }
  throw new KeyError(
    `The master secret in ${file} is too short; it needs at least ${String(shortestSecret)} characters.`,
  );
}

/** Written aside and linked into place, so that of two processes that start at once both read the same whole secret. */
function createSecretFile(file: string): string {
  const aside = `${file}.${randomUUID()}`;
  try {
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
    throw new KeyError(`The master secret ${file} cannot be written: ${messageOf(reason)}.`);
  }
  const secret = readSecretFile(file);
  if (secret === undefined) throw new KeyError(`The master secret ${file} disappeared while it was being made.`);
  return secret;
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
