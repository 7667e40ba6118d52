/** The database cannot be used as it is. The message is one sentence that says what and what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
