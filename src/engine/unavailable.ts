// The one thing a port may throw on purpose: what it stands for cannot be reached right now and nothing was changed.
// It is a kind of no of its own, never mixed with a refusal (the token is bad) or a fault (the program is wrong).

/** The store or the signer cannot answer now and nothing was changed; asking again later is safe. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
