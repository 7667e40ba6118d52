// The refresh rule as a table: every row for every policy, every edge to the second, and the order of its steps.
import { describe, expect, test } from 'vitest';
import { refreshTokenId, type PresentedClaims } from '../../src/engine/claims.ts';
import type { RefusalKind } from '../../src/engine/outcome.ts';
import type { Policy } from '../../src/engine/policy.ts';
import { decideRotation, type Decision } from '../../src/engine/rotation.ts';
import type { Session, Subject } from '../../src/engine/session.ts';
import { session, subject } from './rows.ts';

const { rotatedAt, generation } = session;
const grace = 60;

/** The difference from the default: the current token of an active session, presented 100 s after its issue. */
interface Situation {
  readonly contract?: string;
  readonly session?: Partial<Session> | 'none';
  readonly subject?: Partial<Subject> | 'none';
  readonly token?: Partial<PresentedClaims>;
  readonly now?: number;
  readonly gracePeriod?: number;
}

function decide(situation: Situation): Decision {
  const stored = situation.session === 'none' ? undefined : { ...session, ...situation.session };
  const owner = situation.subject === 'none' ? undefined : { ...subject, ...situation.subject };
  const current: PresentedClaims = {
    sid: session.id,
    gen: generation,
    jti: refreshTokenId({ ...session, ...stored }),
    iat: rotatedAt,
    exp: 900_000,
    nbf: undefined,
  };
  return decideRotation(
    situation.contract ?? session.contract,
    { ...current, ...situation.token },
    { now: situation.now ?? rotatedAt + 100, session: stored, subject: owner },
    situation.gracePeriod ?? grace,
  );
}

const refused = (refusal: RefusalKind): Decision => ({
  kind: 'refuse',
  refusal,
  revoke: refusal === 'reused_token',
});

describe('the generation decides, by the policy of the session', () => {
  /** As in the design; `–` stands for an unprocessable token. */
  type Expected = 'rotate' | 'repeat' | 'renew' | 'continue' | 'reuse' | 'invalid' | '–';
  interface Presented {
    readonly age: number;
    /** Generations from the current one. */
    readonly by: number;
    readonly grace?: number;
    /** Seconds after the current generation. */
    readonly issued?: number;
    readonly jti?: 'foreign';
  }

  const rows: readonly (readonly [string, Presented, singleUse: Expected, reusable: Expected, fixed: Expected])[] = [
    ['the current one, at once', { by: 0, age: 0 }, 'rotate', 'rotate', 'renew'],
    ['the current one, long after', { by: 0, age: 80_000 }, 'rotate', 'rotate', 'renew'],
    ['the current one, without grace', { by: 0, age: 0, grace: 0 }, 'rotate', 'rotate', 'renew'],

    ['the predecessor, at once', { by: -1, age: 0 }, 'repeat', 'repeat', '–'],
    ['the predecessor, in the last second of grace', { by: -1, age: 59 }, 'repeat', 'repeat', '–'],
    ['the predecessor, as grace ends', { by: -1, age: 60 }, 'reuse', 'rotate', '–'],
    ['the predecessor, after grace', { by: -1, age: 61 }, 'reuse', 'rotate', '–'],
    ['the predecessor, without grace', { by: -1, age: 0, grace: 0 }, 'reuse', 'rotate', '–'],
    ['the predecessor, after 1 s of 2', { by: -1, age: 1, grace: 2 }, 'repeat', 'repeat', '–'],
    ['the predecessor, after 2 s of 2', { by: -1, age: 2, grace: 2 }, 'reuse', 'rotate', '–'],

    ['two behind, at once', { by: -2, age: 0 }, 'reuse', 'repeat', '–'],
    ['two behind, in the last second of grace', { by: -2, age: 59 }, 'reuse', 'repeat', '–'],
    ['two behind, as grace ends', { by: -2, age: 60 }, 'reuse', 'rotate', '–'],
    ['two behind, without grace', { by: -2, age: 0, grace: 0 }, 'reuse', 'rotate', '–'],
    ['the very first, at once', { by: -generation, age: 0 }, 'reuse', 'repeat', '–'],
    ['the very first, long after', { by: -generation, age: 80_000 }, 'reuse', 'rotate', '–'],

    ['newer, issued right after the row', { by: 1, age: 100, issued: 1 }, 'continue', 'continue', '–'],
    ['newer, issued this second', { by: 1, age: 100, issued: 100 }, 'continue', 'continue', '–'],
    ['much newer', { by: 40, age: 100, issued: 50 }, 'continue', 'continue', '–'],
    ['newer, issued with the row', { by: 1, age: 100, issued: 0 }, 'invalid', 'invalid', '–'],
    ['newer, issued before the row', { by: 1, age: 100, issued: -1 }, 'invalid', 'invalid', '–'],
    ['newer, issued in a second from now', { by: 1, age: 100, issued: 101 }, 'invalid', 'invalid', '–'],

    [
      'foreign jti, issued right after the row',
      { by: 0, jti: 'foreign', age: 100, issued: 1 },
      'continue',
      'continue',
      '–',
    ],
    ['foreign jti, issued this second', { by: 0, jti: 'foreign', age: 100, issued: 100 }, 'continue', 'continue', '–'],
    ['foreign jti, issued with the row', { by: 0, jti: 'foreign', age: 100, issued: 0 }, 'invalid', 'invalid', '–'],
    ['foreign jti, issued before it', { by: 0, jti: 'foreign', age: 100, issued: -1 }, 'invalid', 'invalid', '–'],
    ['foreign jti, issued in a second', { by: 0, jti: 'foreign', age: 100, issued: 101 }, 'invalid', 'invalid', '–'],
  ];

  const decisionOf = (expected: Expected, gen: number, now: number): Decision => {
    switch (expected) {
      case 'rotate':
        return { kind: 'rotate', generation: generation + 1, rotatedAt: now, storeBehind: false };
      case 'continue':
        return { kind: 'rotate', generation: gen + 1, rotatedAt: now, storeBehind: true };
      case 'repeat':
        return { kind: 'repeat' };
      case 'renew':
        return { kind: 'renew', issuedAt: now };
      case 'reuse':
        return refused('reused_token');
      case 'invalid':
        return refused('invalid_token');
      case '–':
        return refused('unprocessable_token');
    }
  };
  const cases = rows.flatMap(([name, presented, singleUse, reusable, fixed]) => [
    { name, presented, policy: 'single-use' as const, expected: singleUse },
    { name, presented, policy: 'reusable' as const, expected: reusable },
    { name, presented, policy: 'static' as const, expected: fixed },
  ]);

  test.each(cases)('the generation decides for $policy: $name → $expected', ({ presented, policy, expected }) => {
    const { age, by, issued = 0, jti } = presented;
    const gen = generation + by;
    const token = { gen, iat: rotatedAt + issued, ...((jti ?? by !== 0) && { jti: 'of no row' }) };
    const now = rotatedAt + age;
    expect(decide({ session: { policy }, token, now, gracePeriod: presented.grace ?? grace })).toEqual(
      decisionOf(expected, gen, now),
    );
  });
});

describe('the first step that matches wins', () => {
  const now = rotatedAt + 10;
  // In the order of the rule; each alone refuses an otherwise good token.
  const steps: readonly (readonly [string, RefusalKind, Situation])[] = [
    ['the token has expired', 'invalid_token', { token: { exp: now } }],
    ['the token is not yet valid', 'invalid_token', { token: { nbf: now + 1 } }],
    ['there is no such session', 'unknown_session', { session: 'none' }],
    ['the session is of another contract', 'invalid_token', { session: { contract: 'orillion' } }],
    ['the session is revoked', 'revoked_session', { session: { revokedAt: now, revokedReason: 'requested' } }],
    ['the absolute lifetime has passed', 'expired_session', { session: { expiresAt: now } }],
    ['the token is reused (RFC 9700 §4.14.2)', 'reused_token', { token: { gen: generation - 2 } }],
    ['the token cannot be one that was lost', 'invalid_token', { token: { gen: generation + 1 } }],
    ['the subject was never there', 'missing_subject', { subject: 'none' }],
    ['the subject is deleted', 'missing_subject', { subject: { deletedAt: 1 } }],
    ['the subject is disabled', 'disabled_subject', { subject: { disabledAt: 1 } }],
    ['the credentials have changed', 'stale_subject', { subject: { credentialVersion: 'another' } }],
  ];

  test.each(steps)('a refresh is refused because %s: %s', (_name, refusal, situation) => {
    expect(decide({ ...situation, now })).toEqual(refused(refusal));
  });

  const pairs = steps.flatMap(([first, refusal, one], index) =>
    steps.slice(index + 1).map(([second, , other]) => ({ first, second, refusal, situation: both(one, other) })),
  );

  test.each(pairs)('the first matching step wins: $first, and $second: $refusal', ({ refusal, situation }) => {
    expect(decide({ ...situation, now })).toEqual(refused(refusal));
  });

  /** Merges two situations; `one` overrides `other`. */
  function both(one: Situation, other: Situation): Situation {
    return {
      session: merged(one.session, other.session),
      subject: merged(one.subject, other.subject),
      token: { ...other.token, ...one.token },
    };
  }

  function merged<Row extends object>(one: Row | 'none' = {} as Row, other: Row | 'none' = {} as Row): Row | 'none' {
    if (one === 'none' || other === 'none') return 'none';
    return { ...other, ...one };
  }
});

describe('revocation beats the grace period', () => {
  test.each<Policy>(['single-use', 'reusable'])(
    '%s: a predecessor of a revoked session is refused within the grace period',
    (policy) => {
      const predecessor = { token: { gen: generation - 1 }, now: rotatedAt };
      expect(decide({ ...predecessor, session: { policy } })).toEqual({ kind: 'repeat' });
      expect(decide({ ...predecessor, session: { policy, revokedAt: rotatedAt, revokedReason: 'requested' } })).toEqual(
        refused('revoked_session'),
      );
    },
  );

  test('a reused token of a revoked session does not revoke it again', () => {
    const revoked = { revokedAt: rotatedAt, revokedReason: 'reused_token' } as const;
    expect(decide({ token: { gen: 0 }, session: revoked })).toEqual(refused('revoked_session'));
  });
});

describe('the subject is looked at before every grant, and only then', () => {
  const grants: readonly (readonly [string, Situation])[] = [
    ['rotation', {}],
    ['repeat', { token: { gen: generation - 1 }, now: rotatedAt }],
    ['rotation of an older reusable token', { token: { gen: 1 }, session: { policy: 'reusable' } }],
    ['repeat of an older reusable token', { token: { gen: 1 }, session: { policy: 'reusable' }, now: rotatedAt }],
    ['renewal', { session: { policy: 'static' } }],
    ['continuing from a token that the store has lost', { token: { gen: 9, iat: rotatedAt + 1 } }],
  ];
  const states: readonly (readonly [RefusalKind, Situation['subject']])[] = [
    ['missing_subject', 'none'],
    ['missing_subject', { deletedAt: 20 }],
    ['disabled_subject', { disabledAt: 20 }],
    ['stale_subject', { credentialVersion: 'another' }],
    // In this order, as a deleted subject may be disabled and stale as well.
    ['missing_subject', { deletedAt: 20, disabledAt: 20, credentialVersion: 'another' }],
    ['disabled_subject', { disabledAt: 20, credentialVersion: 'another' }],
  ];
  const cases = grants.flatMap(([grant, situation]) =>
    states.map(([refusal, owner = 'none']) => ({ grant, refusal, situation, owner, state: JSON.stringify(owner) })),
  );

  test.each(cases)('$grant is refused for the subject $state: $refusal', ({ refusal, situation, owner }) => {
    expect(decide(situation).kind).not.toBe('refuse');
    expect(decide({ ...situation, subject: owner })).toEqual(refused(refusal));
  });
});

describe('times are judged to the second', () => {
  const now = 50_000;
  const granted = { kind: 'rotate', generation: generation + 1, rotatedAt: now, storeBehind: false };

  test.each<[string, Situation, unknown]>([
    ['a token a second before its exp', { token: { exp: now + 1 } }, granted],
    ['a token at its exp (RFC 7519 §4.1.4)', { token: { exp: now } }, refused('invalid_token')],
    ['a token a second after its exp', { token: { exp: now - 1 } }, refused('invalid_token')],
    ['a token at its nbf (RFC 7519 §4.1.5)', { token: { nbf: now } }, granted],
    ['a token a second before its nbf', { token: { nbf: now + 1 } }, refused('invalid_token')],
    ['a token whose nbf is 0', { token: { nbf: 0 } }, granted],
    ['a session a second before its end', { session: { expiresAt: now + 1 } }, granted],
    ['a session at its end', { session: { expiresAt: now } }, refused('expired_session')],
    ['a session a second after its end', { session: { expiresAt: now - 1 } }, refused('expired_session')],
    ['an expired token of no session', { session: 'none', token: { exp: now } }, refused('invalid_token')],
    ['a token in force of no session', { session: 'none', token: { exp: now + 1 } }, refused('unknown_session')],
  ])('times are compared in whole seconds: %s', (_name, situation, expected) => {
    expect(decide({ ...situation, now })).toEqual(expected);
  });
});

describe('a clock that was set back counts from the last rotation', () => {
  const now = rotatedAt - 3_600;
  const predecessor = { gen: generation - 1 };

  test.each<[string, Situation, unknown]>([
    [
      'no generation is made before its predecessor',
      {},
      { kind: 'rotate', generation: 6, rotatedAt, storeBehind: false },
    ],
    [
      'no access token is issued before its row',
      { session: { policy: 'static' } },
      { kind: 'renew', issuedAt: rotatedAt },
    ],
    ['a predecessor is repeated within the grace period', { token: predecessor }, { kind: 'repeat' }],
    ['a predecessor is reuse without a grace period', { token: predecessor, gracePeriod: 0 }, refused('reused_token')],
    [
      'the current token is in force',
      { token: { nbf: rotatedAt } },
      { kind: 'rotate', generation: 6, rotatedAt, storeBehind: false },
    ],
    ['a token that had expired by then stays expired', { token: { exp: rotatedAt } }, refused('invalid_token')],
    ['a session that had ended by then stays ended', { session: { expiresAt: rotatedAt } }, refused('expired_session')],
    ['a newer token is from the future', { token: { gen: 9, iat: rotatedAt + 1 } }, refused('invalid_token')],
  ])('a clock that was set back counts from the last rotation: %s', (_name, situation, expected) => {
    expect(decide({ ...situation, now })).toEqual(expected);
  });
});

test('the policy of the session decides, not that of its contract today', () => {
  const older: Situation = { token: { gen: 1 }, now: rotatedAt };
  expect(decide({ ...older, session: { policy: 'single-use' } }).kind).toBe('refuse');
  expect(decide({ ...older, session: { policy: 'reusable' } }).kind).toBe('repeat');
});

test('a predecessor is known by its generation; its jti and iat are not compared', () => {
  const predecessor = { gen: generation - 1, jti: 'any', iat: 0 };
  expect(decide({ token: predecessor, now: rotatedAt })).toEqual({ kind: 'repeat' });
});
