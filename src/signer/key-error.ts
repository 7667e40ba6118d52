/**
 * The keys cannot be used as they are, or not for what was asked. The message is one sentence that says what and what
 * to do. `missing`: there is no such thing; `conflict`: not as things are; `invalid`: what was given is no such key.
 */
export class KeyError extends Error {
  override readonly name = 'KeyError';
  readonly kind: 'unusable' | 'missing' | 'conflict' | 'invalid';

  constructor(message: string, kind: KeyError['kind'] = 'unusable') {
    super(message);
    this.kind = kind;
  }
}
