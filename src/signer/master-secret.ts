// The master secret that seals all keys: given by the operator, or kept in a file that only its owner can read.
import { RefractError } from '../errors.ts';
import { createSecretFile, readSecretFile } from './secret-file.ts';

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
 * @throws RefractError `key` for a secret that is missing, too short or readable by others
 */
export function loadMasterSecret({ secret, file }: MasterSecretSource, mayCreate: boolean): string {
  if (secret !== undefined) {
    if (secret.length < shortestSecret) {
      throw new RefractError(
        'key',
        `REFRACT_MASTER_SECRET has ${String(secret.length)} characters; it needs at least ${String(shortestSecret)}.`,
      );
    }
    return secret;
  }
  const kept = readSecretFile(file, 'master secret', shortestSecret);
  if (kept !== undefined) return kept;
  if (!mayCreate) {
    throw new RefractError(
      'key',
      `The database holds sealed keys, but their master secret is missing: set REFRACT_MASTER_SECRET or put ${file} back.`,
    );
  }
  return createSecretFile(file, 'master secret', shortestSecret);
}
