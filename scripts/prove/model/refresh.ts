// Refreshes, one or several at once, with or without a revocation at the same time. Some sequential order of the same steps
// must explain the responses.
import { json } from '../../../test/shared/wire.ts';
import { expectStatus, step, type Command, type IssuedToken, type ModelRun } from './run.ts';
import type { Reference } from './reference.ts';
import { retentionSeconds, type RefreshResult } from './world.ts';

/** A token that the client has: of a session, `back` generations before the newest. */
export interface TokenChoice {
  readonly session: number;
  readonly back: number;
}

/** @param isLost whether no response reaches the client @param isRevoking whether the session is revoked at the same time */
export function refreshTokens(presented: readonly TokenChoice[], isLost: boolean, isRevoking: boolean): Command {
  const which = presented.map(({ session, back }) => `${session}-${back}`).join(' ');
  const label = `refresh(${which}${isLost ? ', lost' : ''}${isRevoking ? ', revoked meanwhile' : ''})`;
  return step(label, async (run) => {
    const { world, reference, journal, counts } = run;
    const tokens = presented.flatMap((one) => tokenAt(run, one) ?? []);
    const [first] = tokens;
    if (first === undefined) return;
    counts.refreshes += tokens.length;
    const revoking = isRevoking
      ? world.admin().DELETE('/sessions/{sessionId}', { params: { path: { sessionId: first.sessionId } } })
      : undefined;
    const refreshing = tokens.map(async (token) => ({
      token,
      result: await world.refresh(token.contract, token.text),
    }));
    const events: Event[] = await Promise.all(refreshing);
    if (revoking !== undefined) {
      expectStatus((await revoking).response, 200);
      events.push({ revoked: first.sessionId });
    }
    const order = explanation(reference, events, events.length === 1);
    if (order === undefined) throw new Error(`${label}: ${describe(reference, events)}`);
    applyEvents(run, order, isLost);
    for (const { id, isRevoked } of reference.sessions.values()) if (isRevoked) journal.ended.add(id);
  });
}

type Event = { readonly token: IssuedToken; readonly result: RefreshResult } | { readonly revoked: string };

function tokenAt({ journal, sessionAt, latest }: ModelRun, { session, back }: TokenChoice): IssuedToken | undefined {
  const chosen = sessionAt(session);
  // A purge may have removed the session; its tokens are refused as expired in any case.
  if (chosen === undefined || chosen.expiresAt + retentionSeconds <= latest()) return undefined;
  const held = journal.issued.filter(({ sessionId, isHeld }) => sessionId === chosen.id && isHeld);
  return held[held.length - 1 - (back % Math.max(held.length, 1))];
}

/** @returns an order of the events in which the reference has the same results */
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
  const { token, result } = event;
  const verdict = reference.present(token);
  if (verdict.generation !== undefined) {
    return result.what === verdict.what && result.generation === verdict.generation;
  }
  if (token.mayBeForgotten && result.what === 'invalid_token') return true;
  // Two simultaneous refreshes may both be refused for reuse, though only one revokes the session.
  const isBesideReuse = !isAlone && verdict.what === 'revoked_session' && result.what === 'reused_token';
  return isBesideReuse || result.what === verdict.what;
}

function revoke(reference: Reference, sessionId: string): void {
  const session = reference.sessions.get(sessionId);
  if (session !== undefined) session.isRevoked = true;
}

/** Applies the events to the reference and records the grants. */
function applyEvents({ reference, journal }: ModelRun, order: readonly Event[], isLost: boolean): void {
  const grants = order.flatMap((event) => {
    if ('revoked' in event) {
      revoke(reference, event.revoked);
      return [];
    }
    const { token, result } = event;
    const { generation } = reference.present(token);
    const session = reference.sessions.get(token.sessionId);
    if (generation === undefined || session === undefined) return [];
    const role = reference.subjects.get(session.subjectId)?.role ?? '';
    const expected = session.policy === 'static' ? token : reference.tokenOf(session);
    const body = json(result.response);
    return [{ session: { ...session }, expected, presented: token, body, role, isHeld: !isLost }];
  });
  for (const grant of grants) journal.note(grant);
}

function describe(reference: Reference, events: readonly Event[]): string {
  const lines = events.map((event) => {
    if ('revoked' in event) return 'revoked';
    const { token, result } = event;
    const alone = reference.copy().present(token).what;
    const newest = reference.sessions.get(token.sessionId)?.generation;
    const place = `${token.contract} generation ${token.generation} of ${String(newest)}`;
    return `${place} got ${result.what} (${String(result.generation)}), alone it is ${alone}`;
  });
  return lines.join('; ');
}
