// The refresh tokens that this process signed a while ago. To see one of them again proves as much as to verify it: its
// bytes are those that were signed with the key, and nobody else can have known them but whoever it was given to. An
// Ed25519 signature takes a hundred times as long to verify as to look up here.
//
// Digests alone are kept, a bounded number of them, in memory. Only the signature is spared: expiry and the whole rule
// are asked as ever, and a token is looked up nowhere else before it is found here or verified.
import { hash } from 'node:crypto';
import type { Key } from './key-set.ts';

export interface OwnTokens {
  readonly remember: (token: string, key: Key) => void;
  /** The key that signed a token; `undefined` for one that is not remembered, whoever signed it. */
  readonly keyOf: (token: string) => Key | undefined;
  /** Forgets all of them: keys have changed. */
  readonly forget: () => void;
}

/** @param most how many are remembered for certain; up to twice as many are, at some hundred bytes each */
export function createOwnTokens(most = 30_000): OwnTokens {
  let recent = new Map<string, Key>();
  let older = new Map<string, Key>();
  return {
    remember: (token, key) => {
      if (recent.size >= most) {
        older = recent;
        recent = new Map();
      }
      recent.set(digestOf(token), key);
    },
    keyOf: (token) => {
      const digest = digestOf(token);
      return recent.get(digest) ?? older.get(digest);
    },
    forget: () => {
      recent = new Map();
      older = new Map();
    },
  };
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64url');
}
