// The events of a session, and the errors that it throws.

export interface SessionEvents {
  /** A session exists where none was known: tokens were given, here or in another tab, or found stored. */
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

/** There is no session, or it has ended: the user has to sign in. */
export class SignedOut extends Error {
  override readonly name = 'SignedOut';
}

/** No valid access token came in time, or the session was closed; stored tokens stay. */
export class SessionUnavailable extends Error {
  override readonly name = 'SessionUnavailable';
}

export type On = <Type extends keyof SessionEvents>(
  type: Type,
  listener: (event: SessionEvents[Type]) => void,
) => () => void;

export type Emit = <Type extends keyof SessionEvents>(type: Type, event: SessionEvents[Type]) => void;

/** @param closing stops all events once it is aborted */
export function createEvents(closing: AbortSignal): { readonly on: On; readonly emit: Emit } {
  const listeners = new Set<{ readonly type: string; readonly listener: (event: never) => void }>();
  return {
    on: (type, listener) => {
      const entry = { type, listener };
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    emit: (type, event) => {
      for (const entry of [...listeners]) {
        if (entry.type !== type || closing.aborted) continue;
        try {
          // The type of the entry determines its event.
          entry.listener(event as never);
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
