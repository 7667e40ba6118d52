// A signer on a real SQLite file, and functions that unseal and replace its keys.
import { join } from 'node:path';
import { CompactEncrypt, compactDecrypt, type JWK } from 'jose';
import type { Store } from '../../src/store/store.ts';
import type { StoredKeySet } from '../../src/signer/ports.ts';
import { deriveSealingKey, type Algorithm } from '../../src/signer/key-set.ts';
import { createSigner, type PublishingSigner } from '../../src/signer/signer.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';

export const secret = 'a master secret that is only for tests';
export const algorithms: ReadonlyMap<string, Algorithm> = new Map([
  ['fib', 'EdDSA'],
  ['orillion', 'EdDSA'],
  ['xerial', 'HS256'],
  ['cloudreve', 'HS256'],
]);

/** Opens the store of a folder; the caller closes it. */
export function openStore(folder: string): Store {
  return openSqliteStore({ file: join(folder, 'refract.db'), busyTimeout: 10_000, clock: () => 1_700_000_000 });
}

export function openSigner(store: Store, contracts = algorithms): Promise<PublishingSigner> {
  return createSigner(store, { secret, file: 'not used' }, contracts);
}

export interface Unsealed {
  readonly id: string;
  readonly contract: string;
  readonly access: JWK;
  readonly refresh: JWK;
}

export async function unseal({ sealed }: Pick<StoredKeySet, 'sealed'>): Promise<Unsealed> {
  const { plaintext } = await compactDecrypt(sealed, deriveSealingKey(secret));
  return JSON.parse(new TextDecoder().decode(plaintext)) as Unsealed;
}

export async function seal(content: Unsealed): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(content)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(deriveSealingKey(secret));
}

/** The private keys of each contract. */
export async function keysOf(store: Store): Promise<ReadonlyMap<string, Unsealed>> {
  const all = await Promise.all((await store.readKeySets()).map(unseal));
  return new Map(all.map((keys) => [keys.contract, keys]));
}
