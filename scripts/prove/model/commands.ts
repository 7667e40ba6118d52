// Actions of operators, clients and time on sessions and keys.
import fc from 'fast-check';
import { contracts, type ContractName } from '../../../test/shared/refreshing.ts';
import { refreshTokens } from './refresh.ts';
import { expectStatus, step, type Command, type ModelRun } from './run.ts';
import { retentionSeconds, lastVariant, settingsOf } from './world.ts';

/** Any command, refreshes most often. */
export function anyCommand(): fc.Arbitrary<Command> {
  const index = fc.nat(40);
  const contract = fc.constantFrom(...contracts);
  const subject = fc.constantFrom('alice', 'bob');
  const role = fc.constantFrom('ROLE_ADMIN', 'ROLE_USER');
  // The newest tokens find the most mistakes.
  const back = fc.oneof(weighted(4, fc.nat(2)), weighted(1, fc.nat(12)));
  const several = fc.array(back, { minLength: 2, maxLength: 4 });
  const seconds = fc.constantFrom(1, 30, 59, 60, 61, 3_600, 86_400, -1, -20);
  const edge = fc.constantFrom<Edge>('grace', 'token', 'session');
  return fc.oneof(
    weighted(14, applied(issue, contract, subject)),
    weighted(
      30,
      applied(
        (session, at, isLost) => refreshTokens([{ session, back: at }], isLost, false),
        index,
        back,
        fc.boolean(),
      ),
    ),
    weighted(
      10,
      applied(
        (session, backs, isLost, revoked) =>
          refreshTokens(
            backs.map((at) => ({ session, back: at })),
            isLost,
            revoked === 0,
          ),
        ...([index, several, fc.boolean(), fc.nat(3)] as const),
      ),
    ),
    weighted(3, applied(revoke, index)),
    weighted(1, applied(revokeAll, subject)),
    weighted(3, applied(put, subject, role)),
    weighted(2, applied(change, subject, fc.constant('disable'))),
    weighted(3, applied(change, subject, fc.constant('enable'))),
    weighted(1, applied(change, subject, fc.constant('credentials-changed'))),
    weighted(1, applied(change, subject, fc.constant('delete'))),
    weighted(4, applied(wait, seconds)),
    weighted(6, applied(moveTo, index, edge, fc.constantFrom(-1, 0))),
    weighted(2, fc.constant(step('purge', ({ world }) => world.purge()))),
    weighted(0.8, applied(publish, contract)),
    weighted(1.2, applied(rotate, contract, fc.boolean())),
    weighted(1.2, applied(remove, contract, fc.nat(3), fc.boolean())),
    weighted(0.4, applied(compromise, contract)),
    weighted(0.4, applied(restart, fc.nat(lastVariant))),
  );
}

function weighted<Value>(weight: number, arbitrary: fc.Arbitrary<Value>) {
  return { weight: Math.round(weight * 5), arbitrary };
}

function applied<Values extends readonly unknown[]>(
  command: (...values: Values) => Command,
  ...arbitraries: { readonly [Index in keyof Values]: fc.Arbitrary<Values[Index]> }
): fc.Arbitrary<Command> {
  // One arbitrary for each value.
  return fc.tuple(...arbitraries).map((values) => command(...(values as unknown as Values)));
}

function issue(contract: ContractName, subjectId: string): Command {
  return step(`issue(${contract}, ${subjectId})`, async (run) => {
    const { world, reference, journal, idOf } = run;
    const id = idOf(subjectId);
    // Without a subject most runs would have no effect for long.
    if (!reference.subjects.has(id)) await put(subjectId, 'ROLE_USER').run(run, run);
    const { data, response } = await world.admin().POST('/sessions', { body: { contract, subjectId: id } });
    const subject = reference.subjects.get(id);
    const expected = subject === undefined || subject.isDeleted ? 404 : subject.isDisabled ? 409 : 201;
    expectStatus(response, expected);
    if (data === undefined || subject === undefined) return;
    const { policy, sessionLifetime } = reference.settings[contract];
    const session = {
      ...{ id: data.session.id, contract, policy, subjectId: id, credentials: subject.credentials },
      ...{ generation: 0, rotatedAt: reference.now, expiresAt: reference.now + sessionLifetime },
      ...{ kid: reference.active.get(contract) ?? '', isRevoked: false },
    };
    reference.sessions.set(session.id, session);
    const { role } = subject;
    const token = reference.tokenOf(session);
    journal.note({ session, expected: token, presented: undefined, body: data.tokens, role, isHeld: true });
  });
}

function revoke(index: number): Command {
  return step(`revoke(${index})`, async ({ world, reference, journal, sessionAt, latest }) => {
    const session = sessionAt(index);
    if (session === undefined) return;
    const params = { path: { sessionId: session.id } };
    const { response } = await world.admin().DELETE('/sessions/{sessionId}', { params });
    if (session.expiresAt + retentionSeconds <= latest() && response.status === 404) return;
    expectStatus(response, 200);
    session.isRevoked = true;
    journal.ended.add(session.id);
    reference.sessions.set(session.id, session);
  });
}

function revokeAll(subjectId: string): Command {
  return step(`revokeAll(${subjectId})`, async (run) => {
    const { world, reference, idOf } = run;
    const id = idOf(subjectId);
    const { response } = await world.admin().POST('/revocations', { body: { subjectId: id } });
    if (reference.subjects.get(id)?.isDeleted === true && response.status === 404) return;
    expectStatus(response, reference.subjects.has(id) ? 200 : 404);
    endSessions(run, (session) => session.subjectId === id);
  });
}

function endSessions(
  { reference, journal }: ModelRun,
  isIncluded: (one: { subjectId: string; contract: string }) => boolean,
) {
  for (const session of reference.sessions.values()) {
    if (!isIncluded(session)) continue;
    session.isRevoked = true;
    journal.ended.add(session.id);
  }
}

function put(subjectId: string, role: string): Command {
  return step(`put(${subjectId}, ${role})`, async ({ world, reference, idOf, nextVersion }) => {
    const id = idOf(subjectId);
    const body = { email: `${subjectId}@mail.com`, account: `${subjectId}@admin`, role };
    const { response } = await world
      .admin()
      .PUT('/subjects/{subjectId}', { params: { path: { subjectId: id } }, body });
    expectStatus(response, 200);
    const subject = reference.subjects.get(id);
    // A deleted subject is created again, without its former sessions.
    if (subject?.isDeleted === false) subject.role = role;
    else reference.subjects.set(id, { credentials: nextVersion(), role, isDisabled: false, isDeleted: false });
  });
}

function change(subjectId: string, what: 'disable' | 'enable' | 'credentials-changed' | 'delete'): Command {
  return step(`${what}(${subjectId})`, async ({ world, reference, idOf, nextVersion }) => {
    const id = idOf(subjectId);
    const subject = reference.subjects.get(id);
    const params = { params: { path: { subjectId: id } } };
    const { response } =
      what === 'delete'
        ? await world.admin().DELETE('/subjects/{subjectId}', params)
        : await world.admin().POST(`/subjects/{subjectId}/${what}`, params);
    expectStatus(response, subject === undefined || subject.isDeleted ? 404 : 200);
    if (subject === undefined || subject.isDeleted) return;
    if (what === 'credentials-changed') subject.credentials = nextVersion();
    else if (what === 'delete') subject.isDeleted = true;
    else subject.isDisabled = what === 'disable';
  });
}

function wait(seconds: number): Command {
  return step(`wait(${seconds})`, ({ moveClock, reference }) => moveClock(reference.now + seconds));
}

type Edge = 'grace' | 'token' | 'session';

/** Moves the clock to the last second before an edge, or to the first one after it. */
function moveTo(index: number, edge: Edge, by: number): Command {
  return step(`moveTo(${edge} of ${index}, ${by})`, async ({ reference, sessionAt, moveClock }) => {
    const session = sessionAt(index);
    if (session === undefined) return;
    const edges = {
      grace: session.rotatedAt + reference.settings[session.contract].grace,
      token: reference.tokenOf(session).exp,
      session: session.expiresAt,
    };
    // Clocks are set back by seconds, not by months.
    if (edges[edge] + by >= reference.now - 90) await moveClock(edges[edge] + by);
  });
}

async function keySetsOf({ world }: ModelRun, contract: ContractName) {
  const { data } = await world.admin().GET('/keys');
  return (data?.keySets ?? []).filter((one) => one.contract === contract);
}

function publish(contract: ContractName): Command {
  return step(`publish(${contract})`, async (run) => {
    const hasNext = (await keySetsOf(run, contract)).some(({ state }) => state === 'next');
    const body = { accessKey: null, refreshKey: null };
    const { response } = await run.world.admin().POST('/keys/{contract}', { params: { path: { contract } }, body });
    expectStatus(response, hasNext ? 409 : 201);
  });
}

function rotate(contract: ContractName, atOnce: boolean): Command {
  return step(`rotate(${contract}${atOnce ? ', at once' : ''})`, async (run) => {
    const hasNext = (await keySetsOf(run, contract)).some(({ state }) => state === 'next');
    const options = { params: { path: { contract } }, body: { atOnce } };
    const { response } = await run.world.admin().POST('/keys/{contract}/rotate', options);
    expectStatus(response, hasNext || atOnce ? 200 : 409);
    await run.followKeys();
  });
}

function remove(contract: ContractName, index: number, isForced: boolean): Command {
  return step(`remove(${contract}, ${index}${isForced ? ', forced' : ''})`, async (run) => {
    const { world, reference, journal } = run;
    const keySets = await keySetsOf(run, contract);
    const chosen = keySets[index % keySets.length];
    if (chosen === undefined) return;
    const params = { path: { contract, keySetId: chosen.id }, query: { force: isForced ? 'true' : 'false' } } as const;
    const { response } = await world.admin().DELETE('/keys/{contract}/{keySetId}', { params });
    if (chosen.state === 'active') return expectStatus(response, 409);
    // Only the server knows whether tokens of the key are active: if it refuses, no token may be refused for its key.
    if (!isForced && response.status === 409) return;
    expectStatus(response, 200);
    if (isForced) reference.lostKeys.add(chosen.refreshKid);
    for (const token of isForced ? [] : journal.issued) {
      const session = reference.sessions.get(token.sessionId);
      const isEnded = session === undefined || session.isRevoked || reference.now >= token.exp;
      if (token.kid === chosen.refreshKid && isEnded) token.mayBeForgotten = true;
    }
  });
}

function compromise(contract: ContractName): Command {
  return step(`compromise(${contract})`, async (run) => {
    const before = await keySetsOf(run, contract);
    const params = { path: { contract } };
    const { response } = await run.world.admin().POST('/keys/{contract}/compromise', { params });
    expectStatus(response, 200);
    for (const { refreshKid } of before) run.reference.lostKeys.add(refreshKid);
    endSessions(run, (session) => session.contract === contract);
    await run.followKeys();
  });
}

function restart(variant: number): Command {
  return step(`restart(${variant})`, async ({ world, reference }) => {
    await world.restart(variant);
    reference.settings = settingsOf(variant);
  });
}
