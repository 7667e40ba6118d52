// Tokens presented, one or several at once, beside a revocation or not. Whatever the server did at the same time must be
// explained by some order of doing it one after the other.
import { json } from '../../../test/shared/wire.ts';
import type { Given } from './journal.ts';
import { accepted, step, type Command, type Played } from './played.ts';
import type { Reference, Verdict } from './reference.ts';
import type { Answered } from './world.ts';

/** Which token: one of a session's that the client holds, so many before its newest. */
export interface Presenting {
  readonly session: number;
  readonly back: number;
}

/** @param isLost whether the answers never reach the client; @param isRevoking whether the session is revoked meanwhile */
export function refreshTokens(presented: readonly Presenting[], isLost: boolean, isRevoking: boolean): Command {
  const which = presented.map(({ session, back }) => `${String(session)}-${String(back)}`).join(' ');
  const label = `refresh(${which}${isLost ? ', lost' : ''}${isRevoking ? ', revoked meanwhile' : ''})`;
  return step(label, async (played) => {
    const tokens = presented.flatMap((one) => tokenAt(played, one) ?? []);
    const [first] = tokens;
    if (first === undefined) return;
    played.counts.refreshes += tokens.length;
    const [answers] = await Promise.all([
      Promise.all(tokens.map((token) => played.world.refresh(token.contract, token.text))),
      isRevoking ? revokeBeside(played, first.sessionId) : undefined,
    ]);
    const events: Happened[] = answers.flatMap((answered, index) => {
      const token = tokens[index];
      return token === undefined ? [] : [{ token, answered }];
    });
    if (isRevoking) events.push({ revoked: first.sessionId });
    const notes: (() => void)[] = [];
    if (!explains(played.reference, events, (ordered) => carryOut(played, ordered, isLost, notes))) {
      throw new Error(`${label}: ${told(played, events)}`);
    }
    for (const note of notes) note();
    for (const { id, isRevoked } of played.reference.sessions.values()) if (isRevoked) played.journal.ended.add(id);
  });
}

type Happened = { readonly token: Given; readonly answered: Answered } | { readonly revoked: string };

function tokenAt({ journal, sessionAt, latest }: Played, { session, back }: Presenting): Given | undefined {
  const chosen = sessionAt(session);
  if (chosen === undefined) return undefined;
  // Of one that a purge may have taken nothing is left to say but that it ran out.
  if (chosen.expiresAt + 86_400 <= latest()) return undefined;
  const held = journal.given.filter(({ sessionId, isHeld }) => sessionId === chosen.id && isHeld);
  return held[held.length - 1 - (back % Math.max(held.length, 1))];
}

async function revokeBeside({ world }: Played, sessionId: string): Promise<void> {
  const { response } = await world.admin().DELETE('/sessions/{sessionId}', { params: { path: { sessionId } } });
  accepted(response, 200);
}

/** Whether some order fits; the first that does is carried out. */
function explains(reference: Reference, events: readonly Happened[], carryOut: (ordered: Happened[]) => void): boolean {
  const search = (at: Reference, left: readonly Happened[], ordered: Happened[]): boolean => {
    if (left.length === 0) {
      carryOut(ordered);
      return true;
    }
    return left.some((event) => {
      const next = at.copy();
      return (
        fits(next, event, events.length === 1) &&
        search(
          next,
          left.filter((one) => one !== event),
          [...ordered, event],
        )
      );
    });
  };
  return search(reference, events, []);
}

function fits(at: Reference, event: Happened, isAlone: boolean): boolean {
  if ('revoked' in event) {
    revokeIn(at, event.revoked);
    return true;
  }
  const { token, answered } = event;
  return isAsExpected(at.present(token), token, answered, isAlone);
}

function isAsExpected(verdict: Verdict, token: Given, { what, generation }: Answered, isAlone: boolean): boolean {
  switch (verdict.kind) {
    case 'granted':
      return what === verdict.by && generation === verdict.generation;
    case 'unavailable':
      return what === 'unavailable';
    case 'refused':
      if (token.isForgotten && what === 'invalid_token') return true;
      // Two that find a reuse at once both refuse for it, though only one of them ends the session.
      if (!isAlone && verdict.refusal === 'revoked_session' && what === 'reused_token') return true;
      return what === verdict.refusal;
  }
}

function revokeIn(at: Reference, sessionId: string): void {
  const session = at.sessions.get(sessionId);
  if (session !== undefined) session.isRevoked = true;
}

/** Does it to the reference itself; what is to be noted of tokens is held against all that was given before. */
function carryOut({ reference, journal }: Played, ordered: Happened[], isLost: boolean, notes: (() => void)[]): void {
  for (const event of ordered) {
    if ('revoked' in event) {
      revokeIn(reference, event.revoked);
      continue;
    }
    const { token, answered } = event;
    if (reference.present(token).kind !== 'granted') continue;
    const now = reference.sessions.get(token.sessionId);
    if (now === undefined) throw new Error('a token of no session was granted');
    const session = { ...now };
    const role = reference.subjects.get(session.subjectId)?.role ?? '';
    const expected = session.policy === 'static' ? token : reference.tokenOf(session);
    notes.push(() => {
      const body = json(answered.answer);
      journal.note({ session, expected, presented: token, body, role, isHeld: !isLost });
    });
  }
}

function told({ reference }: Played, events: readonly Happened[]): string {
  const lines = events.map((event) => {
    if ('revoked' in event) return 'revoked';
    const { token, answered } = event;
    const session = reference.sessions.get(token.sessionId);
    const wanted = reference.copy().present(token);
    const place = `${token.contract} generation ${String(token.generation)} of ${String(session?.generation)}`;
    return `${place} was answered ${answered.what} (${String(answered.generation)}), alone it were ${'refusal' in wanted ? wanted.refusal : 'by' in wanted ? wanted.by : wanted.kind}`;
  });
  return lines.join('; ');
}
