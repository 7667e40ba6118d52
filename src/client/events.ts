// What a session tells of, and what it fails with.

export interface SessionEvents {
  /** There is a session where none was known: tokens were given, here or in another tab, or found stored. */
  readonly 'signed-in': { readonly by: 'this' | 'another' };
  /** New tokens are there, by this tab or by another. */
  readonly refreshed: { readonly by: 'this' | 'another' };
  /** It is over: refused by the server, asked for here, or seen to in another tab. */
  readonly 'signed-out': { readonly reason: 'refused' | 'requested' | 'elsewhere' };
  /**
   * A refresh was not answered, or not with an answer of the contract; it is tried again.
   * @property status of the answer, where there was one
   * @property retryIn milliseconds
   */
  readonly unavailable: { readonly status: number | undefined; readonly retryIn: number };
}

/** There is no session, or it is over: the subject has to sign in. */
export class SignedOut extends Error {
  override readonly name = 'SignedOut';
}

/** No good access token could be had in time, or the session was closed; what is stored stays so. */
export class SessionUnavailable extends Error {
  override readonly name = 'SessionUnavailable';
}

export type On = <Type extends keyof SessionEvents>(
  type: Type,
  listener: (event: SessionEvents[Type]) => void,
) => () => void;

export type Emit = <Type extends keyof SessionEvents>(type: Type, event: SessionEvents[Type]) => void;

/** @param closing after which nothing is told any more */
export function listening(closing: AbortSignal): { readonly on: On; readonly emit: Emit } {
  const listeners = new Set<{ readonly type: string; readonly listener: (event: never) => void }>();
  return {
    on: (type, listener) => {
      const one = { type, listener };
      listeners.add(one);
      return () => listeners.delete(one);
    },
    emit: (type, event) => {
      for (const one of [...listeners]) {
        if (one.type !== type || closing.aborted) continue;
        try {
          // Its type says what it listens to.
          one.listener(event as never);
        } catch (reason) {
          // It is reported as of any listener, but the session goes on.
          setTimeout(() => {
            throw reason;
          });
        }
      }
    },
  };
}
