// What operators, clients and time do to sessions, each held against the reference as soon as it is done.
import fc from 'fast-check';
import { contracts } from '../../../test/shared/refreshing.ts';
import { keyCommands } from './key-commands.ts';
import { refreshTokens } from './presenting.ts';
import { accepted, step, type Command, type Played } from './played.ts';

/** Any of them, refreshes most often. */
export function anyCommand(): fc.Arbitrary<Command> {
  const index = fc.nat(40);
  const contract = fc.constantFrom(...contracts);
  const subject = fc.constantFrom('alice', 'bob');
  const role = fc.constantFrom('ROLE_ADMIN', 'ROLE_USER');
  // The newest ones are the most telling.
  const recent = fc.oneof({ weight: 4, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(12) });
  const presenting = fc.record({ session: index, back: recent });
  return fc.oneof(
    { weight: 14, arbitrary: fc.tuple(contract, subject).map(([to, of]) => issue(to, of)) },
    {
      weight: 30,
      arbitrary: fc.tuple(presenting, fc.boolean()).map(([one, isLost]) => refreshTokens([one], isLost, false)),
    },
    {
      weight: 10,
      arbitrary: fc
        .tuple(index, fc.array(recent, { minLength: 2, maxLength: 4 }), fc.boolean(), fc.nat(3))
        .map(([session, backs, isLost, revoked]) =>
          refreshTokens(
            backs.map((back) => ({ session, back })),
            isLost,
            revoked === 0,
          ),
        ),
    },
    { weight: 3, arbitrary: index.map(revoke) },
    { weight: 1, arbitrary: subject.map(revokeAll) },
    { weight: 3, arbitrary: fc.tuple(subject, role).map(([id, as]) => put(id, as)) },
    { weight: 2, arbitrary: subject.map((id) => change(id, 'disable')) },
    { weight: 3, arbitrary: subject.map((id) => change(id, 'enable')) },
    { weight: 1, arbitrary: subject.map((id) => change(id, 'credentials-changed')) },
    { weight: 1, arbitrary: subject.map((id) => change(id, 'delete')) },
    { weight: 4, arbitrary: fc.constantFrom(1, 30, 59, 60, 61, 3_600, 86_400, -1, -20).map(wait) },
    {
      weight: 6,
      arbitrary: fc
        .tuple(index, fc.constantFrom('grace', 'token', 'session'), fc.constantFrom(-1, 0))
        .map(([session, edge, by]) => moveTo(session, edge, by)),
    },
    { weight: 2, arbitrary: fc.constant(step('purge', ({ world }) => world.purge())) },
    { weight: 4, arbitrary: keyCommands(contract) },
  );
}

function issue(contract: (typeof contracts)[number], subjectId: string): Command {
  return step(`issue(${contract}, ${subjectId})`, async (played) => {
    const { world, reference, journal, idOf } = played;
    const id = idOf(subjectId);
    // Without this most runs would do nothing for long.
    if (!reference.subjects.has(id)) await put(subjectId, 'ROLE_USER').run(played, played);
    const body = { contract, subjectId: id };
    const { data, response } = await world.admin().POST('/sessions', { body });
    const subject = reference.subjects.get(id);
    const expected = subject === undefined || subject.isDeleted ? 404 : subject.isDisabled ? 409 : 201;
    accepted(response, expected);
    if (data === undefined || subject === undefined) return;
    const { policy, sessionLifetime } = reference.settings[contract];
    const session = {
      id: data.session.id,
      contract,
      policy,
      subjectId: id,
      credentials: subject.credentials,
      expiresAt: reference.now + sessionLifetime,
      generation: 0,
      rotatedAt: reference.now,
      kid: reference.active.get(contract) ?? '',
      isRevoked: false,
    };
    reference.sessions.set(session.id, session);
    const expectedToken = reference.tokenOf(session);
    const { role } = subject;
    journal.note({ session, expected: expectedToken, presented: undefined, body: data.tokens, role, isHeld: true });
  });
}

function revoke(index: number): Command {
  return step(`revoke(${String(index)})`, async ({ world, reference, journal, sessionAt, latest }) => {
    const session = sessionAt(index);
    if (session === undefined) return;
    const { response } = await world.admin().DELETE('/sessions/{sessionId}', {
      params: { path: { sessionId: session.id } },
    });
    // A purge may have taken it a day after its end.
    if (session.expiresAt + 86_400 <= latest() && response.status === 404) return;
    accepted(response, 200);
    session.isRevoked = true;
    journal.ended.add(session.id);
    reference.sessions.set(session.id, session);
  });
}

function revokeAll(subjectId: string): Command {
  return step(`revokeAll(${subjectId})`, async ({ world, reference, journal, idOf }) => {
    const id = idOf(subjectId);
    const { response } = await world.admin().POST('/revocations', { body: { subjectId: id } });
    if (reference.subjects.get(id)?.isDeleted === true && response.status === 404) return;
    accepted(response, reference.subjects.has(id) ? 200 : 404);
    for (const session of reference.sessions.values()) {
      if (session.subjectId !== id) continue;
      session.isRevoked = true;
      journal.ended.add(session.id);
    }
  });
}

function put(subjectId: string, role: string): Command {
  return step(`put(${subjectId}, ${role})`, async ({ world, reference, idOf, drawn }) => {
    const id = idOf(subjectId);
    const { response } = await world.admin().PUT('/subjects/{subjectId}', {
      params: { path: { subjectId: id } },
      body: { email: `${subjectId}@mail.com`, account: `${subjectId}@admin`, role },
    });
    accepted(response, 200);
    const subject = reference.subjects.get(id);
    if (subject === undefined || subject.isDeleted) {
      // Made anew: whatever the one before had is not its own.
      reference.subjects.set(id, { credentials: drawn(), role, isDisabled: false, isDeleted: false });
    } else subject.role = role;
  });
}

function change(subjectId: string, what: 'disable' | 'enable' | 'credentials-changed' | 'delete'): Command {
  return step(`${what}(${subjectId})`, async ({ world, reference, idOf, drawn }) => {
    const id = idOf(subjectId);
    const subject = reference.subjects.get(id);
    const params = { params: { path: { subjectId: id } } };
    const { response } =
      what === 'delete'
        ? await world.admin().DELETE('/subjects/{subjectId}', params)
        : await world.admin().POST(`/subjects/{subjectId}/${what}`, params);
    accepted(response, subject === undefined || subject.isDeleted ? 404 : 200);
    if (subject === undefined || subject.isDeleted) return;
    if (what === 'credentials-changed') subject.credentials = drawn();
    else if (what === 'delete') subject.isDeleted = true;
    else subject.isDisabled = what === 'disable';
  });
}

function wait(seconds: number): Command {
  return step(`wait(${String(seconds)})`, (played) => played.moveClock(played.reference.now + seconds));
}

/** To the last second before an edge, or to the first one after it. */
function moveTo(index: number, edge: 'grace' | 'token' | 'session', by: number): Command {
  return step(`moveTo(${edge} of ${String(index)}, ${String(by)})`, async (played) => {
    const session = played.sessionAt(index);
    if (session === undefined) return;
    const second = edgeOf(played, session.id, edge) + by;
    // A clock is set back by seconds, not by months.
    if (second >= played.reference.now - 90) await played.moveClock(second);
  });
}

function edgeOf({ reference }: Played, sessionId: string, edge: 'grace' | 'token' | 'session'): number {
  const session = reference.sessions.get(sessionId);
  if (session === undefined) throw new Error('an edge of no session');
  switch (edge) {
    case 'grace':
      return session.rotatedAt + reference.settings[session.contract].grace;
    case 'token':
      return reference.tokenOf(session).exp;
    case 'session':
      return session.expiresAt;
  }
}
