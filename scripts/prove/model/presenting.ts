// Tokens presented, one or several at once, beside a revocation or not. Some order of the same steps, one after the
// other, must explain what the server did at once.
import { json } from '../../../test/shared/wire.ts';
import { accepted, step, type Command, type Given, type Played } from './played.ts';
import type { Reference } from './reference.ts';
import { keptAfterEnd, type Answered } from './world.ts';

/** A token of a session that the client holds, so many before its newest. */
export interface Presenting {
  readonly session: number;
  readonly back: number;
}

/** @param isLost whether the responses never reach the client; @param isRevoking whether the session is revoked at once */
export function refreshTokens(presented: readonly Presenting[], isLost: boolean, isRevoking: boolean): Command {
  const which = presented.map(({ session, back }) => `${session}-${back}`).join(' ');
  const label = `refresh(${which}${isLost ? ', lost' : ''}${isRevoking ? ', revoked meanwhile' : ''})`;
  return step(label, async (played) => {
    const { world, reference, journal, counts } = played;
    const tokens = presented.flatMap((one) => tokenAt(played, one) ?? []);
    const [first] = tokens;
    if (first === undefined) return;
    counts.refreshes += tokens.length;
    const revoking = isRevoking
      ? world.admin().DELETE('/sessions/{sessionId}', { params: { path: { sessionId: first.sessionId } } })
      : undefined;
    const refreshing = tokens.map(async (token) => ({
      token,
      answered: await world.refresh(token.contract, token.text),
    }));
    const events: Event[] = await Promise.all(refreshing);
    if (revoking !== undefined) {
      accepted((await revoking).response, 200);
      events.push({ revoked: first.sessionId });
    }
    const order = explanation(reference, events, events.length === 1);
    if (order === undefined) throw new Error(`${label}: ${described(reference, events)}`);
    carryOut(played, order, isLost);
    for (const { id, isRevoked } of reference.sessions.values()) if (isRevoked) journal.ended.add(id);
  });
}

type Event = { readonly token: Given; readonly answered: Answered } | { readonly revoked: string };

function tokenAt({ journal, sessionAt, latest }: Played, { session, back }: Presenting): Given | undefined {
  const chosen = sessionAt(session);
  // A purge may have taken it: it is refused as expired in any case.
  if (chosen === undefined || chosen.expiresAt + keptAfterEnd <= latest()) return undefined;
  const held = journal.given.filter(({ sessionId, isHeld }) => sessionId === chosen.id && isHeld);
  return held[held.length - 1 - (back % Math.max(held.length, 1))];
}

/** @returns an order of the events in which the reference does the same */
function explanation(reference: Reference, events: readonly Event[], isAlone: boolean): readonly Event[] | undefined {
  if (events.length === 0) return [];
  for (const event of events) {
    const next = reference.copy();
    if (!fits(next, event, isAlone)) continue;
    const others = events.filter((one) => one !== event);
    const rest = explanation(next, others, isAlone);
    if (rest !== undefined) return [event, ...rest];
  }
  return undefined;
}

function fits(reference: Reference, event: Event, isAlone: boolean): boolean {
  if ('revoked' in event) {
    revoke(reference, event.revoked);
    return true;
  }
  const { token, answered } = event;
  const verdict = reference.present(token);
  if (verdict.generation !== undefined) {
    return answered.what === verdict.what && answered.generation === verdict.generation;
  }
  if (token.isForgotten && answered.what === 'invalid_token') return true;
  // Two that find a reuse at once both refuse for it, though only one of them revokes the session.
  const isBesideReuse = !isAlone && verdict.what === 'revoked_session' && answered.what === 'reused_token';
  return isBesideReuse || answered.what === verdict.what;
}

function revoke(reference: Reference, sessionId: string): void {
  const session = reference.sessions.get(sessionId);
  if (session !== undefined) session.isRevoked = true;
}

/** Does the same to the reference itself, and then notes the grants. */
function carryOut({ reference, journal }: Played, order: readonly Event[], isLost: boolean): void {
  const grants = order.flatMap((event) => {
    if ('revoked' in event) {
      revoke(reference, event.revoked);
      return [];
    }
    const { token, answered } = event;
    const { generation } = reference.present(token);
    const session = reference.sessions.get(token.sessionId);
    if (generation === undefined || session === undefined) return [];
    const role = reference.subjects.get(session.subjectId)?.role ?? '';
    const expected = session.policy === 'static' ? token : reference.tokenOf(session);
    const body = json(answered.answer);
    return [{ session: { ...session }, expected, presented: token, body, role, isHeld: !isLost }];
  });
  for (const grant of grants) journal.note(grant);
}

function described(reference: Reference, events: readonly Event[]): string {
  const lines = events.map((event) => {
    if ('revoked' in event) return 'revoked';
    const { token, answered } = event;
    const alone = reference.copy().present(token).what;
    const newest = reference.sessions.get(token.sessionId)?.generation;
    const place = `${token.contract} generation ${token.generation} of ${String(newest)}`;
    return `${place} was answered ${answered.what} (${String(answered.generation)}), alone it were ${alone}`;
  });
  return lines.join('; ');
}
