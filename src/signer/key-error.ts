/** The keys cannot be used as they are. The message is one sentence that says what and what to do. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}
