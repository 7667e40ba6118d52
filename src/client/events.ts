// The events of a session, and the errors that it throws.

export interface SessionEvents {
  /** There is a session where none was known: tokens were given, here or in another tab, or found stored. */
  readonly 'signed-in': { readonly by: 'this' | 'another' };
  /** This tab or another one got new tokens. */
  readonly refreshed: { readonly by: 'this' | 'another' };
  /** The session ended: refused by the server, signed out here, or ended by another tab. */
  readonly 'signed-out': { readonly reason: 'refused' | 'requested' | 'elsewhere' };
  /**
   * A refresh got no response, or none of the contract; it is retried.
   * @property status of the response, if any
   * @property retryIn milliseconds
   */
  readonly unavailable: { readonly status: number | undefined; readonly retryIn: number };
}

/** There is no session, or it has ended: the subject has to sign in. */
export class SignedOut extends Error {
  override readonly name = 'SignedOut';
}

/** No valid access token came in time, or the session was closed; what is stored stays. */
export class SessionUnavailable extends Error {
  override readonly name = 'SessionUnavailable';
}

export type On = <Type extends keyof SessionEvents>(
  type: Type,
  listener: (event: SessionEvents[Type]) => void,
) => () => void;

export type Emit = <Type extends keyof SessionEvents>(type: Type, event: SessionEvents[Type]) => void;

/** @param closing after which no event is emitted */
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
          // Its type says which event it takes.
          one.listener(event as never);
        } catch (reason) {
          // Reported as an uncaught error, so that the session continues.
          setTimeout(() => {
            throw reason;
          });
        }
      }
    },
  };
}
