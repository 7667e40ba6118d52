// The engine with a real store and a real signer.
import { copyFileSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RefractError } from '../../src/errors.ts';
import { createEngine, type EngineParts } from '../../src/engine/engine.ts';
import type { Outcome, RefusalKind } from '../../src/engine/outcome.ts';
import type { Store } from '../../src/store/store.ts';
import { connectTo } from '../shared/database.ts';
import { claimsOf, respelled, segment, withSegment } from '../shared/tokens.ts';
import { granted, openEngine, type RealEngine } from './real-engine.ts';

const refused = (refusal: RefusalKind): Outcome => ({ kind: 'refused', refusal });
const everyContract = ['fib', 'xerial', 'kirjaswappi', 'cloudreve'] as const;
const rotating = ['fib', 'xerial', 'cloudreve'] as const;

describe('issuing', () => {
  test.each(everyContract)('%s: a new session has a token pair that its contract can refresh', async (contract) => {
    const { engine, signIn, stored, events, clock, parts } = await openEngine({ contract });
    const { session, grant } = await signIn();
    const { accessLifetime, refreshLifetime, sessionLifetime, policy } = parts.settings;
    expect(session).toMatchObject({ contract, policy, subjectId: 'bob', label: 'laptop', generation: 0 });
    expect(session.expiresAt - clock.now).toBe(sessionLifetime);
    expect(await stored(session)).toEqual(session);
    expect(grant.answeredAt).toBe(clock.now);
    expect([grant.access.expiresAt, grant.refresh.expiresAt].map((at) => at - clock.now)).toEqual([
      accessLifetime,
      Math.min(refreshLifetime, sessionLifetime),
    ]);
    expect(events).toEqual([{ type: 'issued', contract, sessionId: session.id, subjectId: 'bob' }]);
    expect((await engine.refresh(grant.refresh.token, 'r')).kind).toBe('granted');
  });

  test('two sessions of one subject are separate and have different tokens', async () => {
    const { signIn } = await openEngine();
    const [one, other] = [await signIn(), await signIn()];
    expect(one.session.id).not.toBe(other.session.id);
    expect(one.token).not.toBe(other.token);
  });

  test('a subject that is missing, deleted or disabled gets no session', async () => {
    const { engine, store, events } = await openEngine();
    expect(await engine.issue('unknown')).toEqual(refused('missing_subject'));
    await store.putSubject('bob', { email: undefined, account: undefined, role: undefined });
    await store.disableSubject('bob');
    expect(await engine.issue('bob')).toEqual(refused('disabled_subject'));
    await store.deleteSubject('bob');
    expect(await engine.issue('bob')).toEqual(refused('missing_subject'));
    expect([await store.listSessions({}), events]).toEqual([[], []]);
  });
});

describe('a refresh', () => {
  test.each(rotating)('%s: a refresh writes the next generation and returns the successor', async (contract) => {
    const { engine, signIn, stored, events, clock, parts } = await openEngine({ contract });
    const { session, token } = await signIn();
    clock.now += 100;
    const grant = await granted(engine, token);
    expect(await stored(session)).toEqual({ ...session, generation: 1, rotatedAt: clock.now });
    expect(claimsOf(grant.refresh.token)).toMatchObject({ sid: session.id, gen: 1, iat: clock.now });
    expect(claimsOf(grant.access.token)).toMatchObject({ sid: session.id });
    expect(grant.answeredAt).toBe(clock.now);
    expect(grant.access.expiresAt).toBe(clock.now + parts.settings.accessLifetime);
    expect(events.slice(1)).toEqual([
      { type: 'refreshed', contract, requestId: 'request', sessionId: session.id, by: 'rotation' },
    ]);
  });

  test.each(rotating)(
    '%s: a repeat within the grace period returns the same bytes, writes nothing',
    async (contract) => {
      const { engine, signIn, stored, events, clock, parts } = await openEngine({ contract });
      const { session, token } = await signIn();
      clock.now += 100;
      const first = await granted(engine, token);
      const rotated = await stored(session);
      clock.now += parts.settings.gracePeriod - 1;
      const again = await granted(engine, token);
      expect(again).toEqual({ ...first, answeredAt: clock.now });
      expect(await stored(session)).toEqual(rotated);
      expect(events.slice(1).map((event) => event.type === 'refreshed' && event.by)).toEqual(['rotation', 'repeat']);
    },
  );

  test('a refresh of a static session renews the access token and writes nothing', async () => {
    const { engine, signIn, stored, events, clock } = await openEngine({ contract: 'kirjaswappi' });
    const { session, token, grant } = await signIn();
    clock.now += 100;
    const first = await granted(engine, token);
    const second = await granted(engine, token);
    clock.now += 1;
    const third = await granted(engine, token);
    expect([first, second, third].map(({ refresh }) => refresh)).toEqual([grant.refresh, grant.refresh, grant.refresh]);
    expect(first.access.expiresAt).toBe(grant.access.expiresAt + 100);
    // Two renewals within one second are the same token.
    expect(second).toEqual(first);
    expect(third.access.token).not.toBe(first.access.token);
    expect(await stored(session)).toEqual(session);
    expect(events.at(-1)).toMatchObject({ type: 'refreshed', by: 'renewal' });
  });

  test('a reusable session accepts an older token, also after the grace period', async () => {
    const { engine, signIn, clock } = await openEngine({ contract: 'cloudreve' });
    const { token } = await signIn();
    for (const gen of [1, 2, 3]) {
      clock.now += 1_000;
      expect(claimsOf((await granted(engine, token)).refresh.token)['gen']).toBe(gen);
    }
    expect(claimsOf((await granted(engine, token)).refresh.token)['gen']).toBe(3);
  });

  test('a refresh never signs a token that expires after its session', async () => {
    const { engine, signIn, clock } = await openEngine({ settings: { sessionLifetime: 400, refreshLifetime: 350 } });
    const { session, token } = await signIn();
    clock.now += 200;
    const { access, refresh } = await granted(engine, token);
    expect([access.expiresAt, refresh.expiresAt]).toEqual([session.expiresAt, session.expiresAt]);
    clock.now = session.expiresAt;
    expect(await engine.refresh(refresh.token, 'r')).toEqual(refused('invalid_token'));
  });

  test('a refresh uses the policy of the session, not the configured one', async () => {
    const before = await openEngine({ contract: 'xerial', settings: { policy: 'reusable' } });
    const { token } = await before.signIn();
    const today = await openEngine({ contract: 'xerial', settings: { policy: 'single-use' }, beside: before });
    for (let count = 0; count < 2; count += 1) {
      await granted(today.engine, token);
      before.clock.now += 1_000;
    }
    expect((await today.engine.refresh(token, 'r')).kind).toBe('granted');
  });
});

describe('reuse of a superseded token after the grace period (RFC 9700 §4.14.2)', () => {
  test('a reused token is refused and revokes its session, and no other of the subject', async () => {
    const { engine, signIn, stored, events, clock, parts } = await openEngine();
    const { session, token } = await signIn();
    const other = await signIn();
    const { refresh } = await granted(engine, token);
    clock.now += parts.settings.gracePeriod;
    events.length = 0;

    expect(await engine.refresh(token, 'reuse')).toEqual(refused('reused_token'));
    expect(await stored(session)).toMatchObject({ revokedAt: clock.now, revokedReason: 'reused_token', generation: 1 });
    const about = { contract: 'fib', requestId: 'reuse', sessionId: session.id, subjectId: 'bob' };
    expect(events).toEqual([
      { type: 'reused', ...about },
      { type: 'refused', refusal: 'reused_token', ...about },
    ]);

    for (const ended of [token, refresh.token]) {
      expect(await engine.refresh(ended, 'r')).toEqual(refused('revoked_session'));
    }
    expect(events.filter(({ type }) => type === 'reused')).toHaveLength(1);
    expect((await engine.refresh(other.token, 'r')).kind).toBe('granted');
  });

  test('reuse through two connections at once is refused by both and reported by one', async () => {
    const one = await openEngine();
    const two = await openEngine({ beside: one });
    const { token } = await one.signIn();
    await granted(one.engine, token);
    one.clock.now += 60;
    const outcomes = await Promise.all([one.engine.refresh(token, 'r'), two.engine.refresh(token, 'r')]);
    for (const outcome of outcomes) {
      expect([refused('reused_token'), refused('revoked_session')]).toContainEqual(outcome);
    }
    expect([...one.events, ...two.events].filter(({ type }) => type === 'reused')).toHaveLength(1);
  });
});

describe('refreshes that race', () => {
  test.each(rotating)('%s: forty refreshes at once through two connections get one successor', async (contract) => {
    const one = await openEngine({ contract });
    const two = await openEngine({ contract, beside: one });
    const { session, token } = await one.signIn();
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, index) => granted(index % 2 ? one.engine : two.engine, token)),
    );
    expect(new Set(outcomes.map(({ access, refresh }) => `${access.token} ${refresh.token}`)).size).toBe(1);
    expect(await one.stored(session)).toMatchObject({ generation: 1 });
    const ways = [...one.events, ...two.events].flatMap((event) => (event.type === 'refreshed' ? [event.by] : []));
    expect(ways.filter((way) => way === 'rotation')).toHaveLength(1);
    expect(ways).toHaveLength(40);
  });

  test('a refresh that lost a race repeats the successor of the winner', async () => {
    const { engine, parts, signIn, clock } = await openEngine();
    const { token } = await signIn();
    const winners: string[] = [];
    const loser = interrupted(parts, async () => {
      winners.push((await granted(engine, token)).refresh.token);
      clock.now += 5;
    });
    const { refresh } = await granted(loser, token);
    expect([refresh.token]).toEqual(winners);
  });

  test.each<[RefusalKind, (store: Store, sessionId: string) => Promise<unknown>]>([
    ['revoked_session', (store, sessionId) => store.revoke(sessionId, 'requested')],
    ['revoked_session', (store) => store.revokeAll({ subjectId: 'bob' }, 'requested')],
    ['disabled_subject', (store) => store.disableSubject('bob')],
    ['missing_subject', (store) => store.deleteSubject('bob')],
    ['stale_subject', (store) => store.changeCredentials('bob')],
  ])('a change between decision and commit wins over the refresh: %s', async (refusal, happen) => {
    const { parts, store, signIn, stored } = await openEngine();
    const { session, token } = await signIn();
    const late = interrupted(parts, () => happen(store, session.id));
    expect(await late.refresh(token, 'r')).toEqual(refused(refusal));
    expect(await stored(session)).toMatchObject({ generation: 0 });
  });

  test('a refresh that lost too many races is unavailable, and the next one repeats', async () => {
    const { engine, parts, signIn, stored, events } = await openEngine({
      contract: 'cloudreve',
      settings: { gracePeriod: 0 },
    });
    const { session, token } = await signIn();
    const unlucky = createEngine({
      ...parts,
      store: {
        ...parts.store,
        // Under this policy the rival may rotate repeatedly with the same token.
        rotate: async (basis, next) => {
          await granted(engine, token);
          return parts.store.rotate(basis, next);
        },
      },
    });
    expect(await unlucky.refresh(token, 'unlucky')).toEqual({ kind: 'unavailable' });
    expect(await stored(session)).toMatchObject({ generation: 100 });
    expect(events.at(-1)).toMatchObject({ type: 'unavailable', requestId: 'unlucky' });
  });

  /** An engine that calls a function once between its first decision and its commit. */
  function interrupted(parts: EngineParts, happen: () => Promise<unknown>) {
    let happened = false;
    return createEngine({
      ...parts,
      store: {
        ...parts.store,
        rotate: async (basis, next) => {
          if (!happened) await happen();
          happened = true;
          return parts.store.rotate(basis, next);
        },
      },
    });
  }
});

describe('a store that is behind (a restored backup)', () => {
  /** Restores a backup after three more generations. */
  async function restored(): Promise<{ readonly real: RealEngine; readonly tokens: readonly string[] }> {
    const real = await openEngine();
    const { token } = await real.signIn();
    await real.store.close();
    const backup = `${real.database}.backup`;
    copyFileSync(real.database, backup);

    const lost = await openEngine({ beside: real });
    const tokens = [token];
    for (let count = 0; count < 3; count += 1) {
      real.clock.now += 100;
      tokens.push((await granted(lost.engine, tokens.at(-1) ?? '')).refresh.token);
    }
    await lost.store.close();
    for (const file of [`${real.database}-wal`, `${real.database}-shm`]) rmSync(file, { force: true });
    copyFileSync(backup, real.database);
    return { real: await openEngine({ beside: real }), tokens };
  }

  test('a store that is behind continues from the newest token and emits store_behind', async () => {
    const { real, tokens } = await restored();
    const { engine, events, clock } = real;
    const newest = tokens.at(-1) ?? '';
    clock.now += 100;
    const { refresh } = await granted(engine, newest);
    const { sid, gen } = claimsOf(refresh.token);
    expect(gen).toBe(4);
    const about = { contract: 'fib', requestId: 'request', sessionId: sid };
    expect(events).toEqual([
      { type: 'store_behind', ...about, storedGeneration: 0, presentedGeneration: 3 },
      { type: 'refreshed', ...about, by: 'rotation' },
    ]);
    expect((await granted(engine, newest)).refresh).toEqual(refresh);
    expect(await engine.refresh(tokens[2] ?? '', 'r')).toEqual(refused('reused_token'));
  });

  test('a lost token is refused once another token has the same generation', async () => {
    const { real, tokens } = await restored();
    const [first = '', lost = ''] = tokens;
    real.clock.now += 100;
    await granted(real.engine, first);
    expect(await real.engine.refresh(lost, 'r')).toEqual(refused('invalid_token'));
    expect(real.events.map(({ type }) => type)).toEqual(['refreshed', 'refused']);
  });
});

describe('unavailable', () => {
  test('a refresh is unavailable while the database is locked, and changes nothing', async () => {
    const { engine, signIn, stored, events, database } = await openEngine();
    const { session, token } = await signIn();
    const other = connectTo(database);
    other.exec('BEGIN IMMEDIATE');
    expect(await engine.refresh(token, 'locked')).toEqual({ kind: 'unavailable' });
    expect(events.at(-1)).toEqual({
      type: 'unavailable',
      contract: 'fib',
      requestId: 'locked',
      cause: 'SQLite: database is locked (SQLITE_BUSY)',
    });
    other.exec('ROLLBACK');
    expect(await stored(session)).toEqual(session);
    expect(claimsOf((await granted(engine, token)).refresh.token)['gen']).toBe(1);
  });

  test('a reuse is unavailable if its revocation fails, and the retry is refused', async () => {
    const { engine, signIn, stored, database, clock } = await openEngine();
    const { session, token } = await signIn();
    await granted(engine, token);
    clock.now += 60;
    const other = connectTo(database);
    other.exec('BEGIN IMMEDIATE');
    expect(await engine.refresh(token, 'r')).toEqual({ kind: 'unavailable' });
    other.exec('ROLLBACK');
    expect(await engine.refresh(token, 'r')).toEqual(refused('reused_token'));
    expect(await stored(session)).toMatchObject({ revokedReason: 'reused_token' });
  });

  test.each(['access', 'refresh'] as const)(
    'a refresh is unavailable if the %s token cannot be signed, before any write',
    async (failing) => {
      const { parts, signer, signIn, stored } = await openEngine();
      const { session, token } = await signIn();
      const broken = createEngine({
        ...parts,
        signer: {
          ...signer,
          sign: async (contract, use, ...rest) => {
            if (use === failing) throw new RefractError('unavailable', 'the key store is away');
            return signer.sign(contract, use, ...rest);
          },
        },
      });
      expect(await broken.refresh(token, 'r')).toEqual({ kind: 'unavailable' });
      expect(await stored(session)).toEqual(session);
    },
  );

  test.each(['read', 'rotate', 'verify', 'sign'] as const)(
    'a fault in %s() is thrown and never reported as unavailable',
    async (port) => {
      const { parts, signIn, stored, events } = await openEngine();
      const { session, token } = await signIn();
      const fault = new TypeError('a bug');
      const broken = { [port]: () => Promise.reject(fault) };
      const faulty = createEngine({
        ...parts,
        store: { ...parts.store, ...broken },
        signer: { ...parts.signer, ...broken },
      });
      await expect(faulty.refresh(token, 'r')).rejects.toBe(fault);
      expect(await stored(session)).toEqual(session);
      expect(events).toHaveLength(1);
    },
  );
});

describe('before any lookup, only form, algorithm, key and signature are judged', () => {
  /** An engine that records which ports it calls. */
  async function watched() {
    const real = await openEngine();
    const other = await openEngine({ contract: 'xerial', beside: real });
    const reached: string[] = [];
    const watch = <Port extends object>(port: Port): Port =>
      new Proxy(port, {
        get: (target, name): unknown => {
          reached.push(String(name));
          return Reflect.get(target, name);
        },
      });
    const engine = createEngine({ ...real.parts, store: watch(real.store), signer: watch(real.signer) });
    return { real, other, engine, reached };
  }

  test('a token without a valid signature never reaches the store', async () => {
    const { real, other, engine, reached } = await watched();
    const { token, grant, session } = await real.signIn();
    const forged = [
      '',
      'x',
      grant.access.token,
      (await other.signIn()).token,
      respelled(token),
      withSegment(token, 1, segment({ ...claimsOf(token), gen: 1 })),
      withSegment(token, 0, segment({ typ: 'JWT', alg: 'none' })),
      token.slice(0, -1),
      `${token} `,
    ];
    for (const each of forged) expect(await engine.refresh(each, 'r')).toEqual(refused('invalid_token'));
    expect(new Set(reached)).toEqual(new Set(['verify', 'verifyLegacy']));
    expect(await real.stored(session)).toEqual(session);
    const told = real.events.slice(1);
    expect(told).toHaveLength(forged.length);
    // No claim of a forged token is in an event.
    expect(told.every((event) => event.type === 'refused' && event.sessionId === undefined)).toBe(true);
  });

  test('a signed token without a required claim never reaches the store', async () => {
    const { real, engine, reached } = await watched();
    const { token } = await real.signIn();
    const { sid, ...others } = claimsOf(token);
    for (const claims of [
      others,
      { ...others, sid, gen: -1 },
      { ...others, sid, gen: '0' },
      { ...others, sid, acjti: 1 },
    ]) {
      const signed = await real.signer.sign('fib', 'refresh', real.signer.activeKeyId('fib'), claims);
      expect(await engine.refresh(signed, 'r')).toEqual(refused('unprocessable_token'));
    }
    expect(new Set(reached)).toEqual(new Set(['verify', 'verifyLegacy']));
  });

  test('a token of more than 4096 characters never reaches the signer', async () => {
    const { real, engine, reached } = await watched();
    const { token } = await real.signIn();
    const lengthened = (length: number) => withSegment(token, 1, 'A'.repeat(length - withSegment(token, 1, '').length));
    expect(lengthened(4_096)).toHaveLength(4_096);
    expect(await engine.refresh(lengthened(4_097), 'r')).toEqual(refused('invalid_token'));
    expect(reached).toEqual([]);
    expect(await engine.refresh(lengthened(4_096), 'r')).toEqual(refused('invalid_token'));
    expect(reached).toEqual(['verify', 'verifyLegacy']);
  });

  test('a refresh reads before it signs, and signs before it writes', async () => {
    const { real, engine, reached } = await watched();
    const { token } = await real.signIn();
    await granted(engine, token);
    expect(reached).toEqual(['verify', 'read', 'activeKeyId', 'sign', 'sign', 'rotate']);
    reached.length = 0;
    await granted(engine, token);
    expect(reached).toEqual(['verify', 'read', 'sign', 'sign']);
  });

  test('a removed session is unknown, and a session of another contract is refused', async () => {
    const { real, other, engine } = await watched();
    const { token } = await real.signIn();
    const elsewhere = (await other.signIn()).session;
    const sign = (claims: object) =>
      real.signer.sign('fib', 'refresh', real.signer.activeKeyId('fib'), { ...claimsOf(token), ...claims });
    expect(await engine.refresh(await sign({ sid: 'gone' }), 'r')).toEqual(refused('unknown_session'));
    expect(await engine.refresh(await sign({ sid: elsewhere.id }), 'r')).toEqual(refused('invalid_token'));
  });
});

test('no engine event contains a token', async () => {
  const { engine, signIn, events, clock } = await openEngine();
  const { token } = await signIn();
  await granted(engine, token);
  await granted(engine, token);
  clock.now += 60;
  await engine.refresh(token, 'r');
  await engine.refresh('eyJ', 'r');
  expect(events.map(({ type }) => type)).toEqual('issued refreshed refreshed reused refused refused'.split(' '));
  expect(JSON.stringify(events)).not.toContain('eyJ');
});

test('a repeat uses the retired key set, and the next rotation the new one', async () => {
  const real = await openEngine();
  const { token, session } = await real.signIn();
  const first = await granted(real.engine, token);
  connectTo(real.database).exec(`UPDATE key_set SET state = 'retired', retired_at = 0 WHERE contract = 'fib'`);

  const { engine, stored } = await openEngine({ beside: real });
  expect((await granted(engine, token)).refresh).toEqual(first.refresh);
  expect(await stored(session)).toMatchObject({ keyId: session.keyId });
  await granted(engine, first.refresh.token);
  expect((await stored(session))?.keyId).not.toBe(session.keyId);
});
