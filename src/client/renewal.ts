// Gets the successor of tokens: one tab at a time, with the same token again where an answer was lost, until there is one
// or the contract's own refusal.
import { ask, type Asked, type AskParts } from './asking.ts';
import { environment } from './environment.ts';
import type { Emit } from './events.ts';
import type { Exclusively } from './exclusively.ts';
import { pause } from './pause.ts';
import type { Stored } from './stored.ts';

export interface RenewalParts extends AskParts {
  readonly exclusively: Exclusively;
  readonly emit: Emit;
  readonly closing: AbortSignal;
}

/** The tokens after these, `undefined` where the session is over. All that ask meanwhile get the same. */
export type Renewal = (stale: Stored) => Promise<Stored | undefined>;

/** Milliseconds between two attempts. */
const shortest = 250;
const longest = 30_000;

export function renewalOf(parts: RenewalParts): Renewal {
  const running = new Map<string, ReturnType<Renewal>>();
  return (stale) => {
    // Of tokens that were signed in meanwhile the renewal is another.
    const of = stale.accessToken;
    const renewed = running.get(of) ?? renew(parts, stale).finally(() => running.delete(of));
    running.set(of, renewed);
    return renewed;
  };
}

async function renew(parts: RenewalParts, stale: Stored): Promise<Stored | undefined> {
  const { kept, exclusively, emit, closing } = parts;
  for (let failures = 0; ; failures += 1) {
    const changed = kept.changed();
    const outcome = await exclusively((changing) => attempt(parts, stale, changing));
    if ('stored' in outcome) return outcome.stored;
    const isOffline = environment.navigator?.onLine === false;
    const backoff = isOffline ? longest : Math.min(shortest * 2 ** failures, longest);
    const retryIn = Math.max(outcome.wait, backoff) * (1 + Math.random() / 4);
    emit('unavailable', { status: outcome.status, retryIn });
    // A network that is back changes nothing about what a server has asked for.
    await pause(retryIn, [closing, changed, outcome.wait > 0 ? undefined : environment]);
  }
}

async function attempt(parts: RenewalParts, stale: Stored, changing: () => void): Promise<Asked> {
  const { kept, closing } = parts;
  // Read just before it is sent, so that no token is that another tab has long replaced.
  const sent = await kept.look();
  if (sent?.accessToken !== stale.accessToken || closing.aborted) return { stored: sent };
  changing();
  // Also of a session that is closed meanwhile what comes is stored: its successor would be lost.
  return ask(parts, sent);
}
