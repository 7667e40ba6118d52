// A token of a single-use session never gets two different successors, for any calls and waits of a client. Compared with
// the table of the design, not with the code.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outcome } from '../../src/engine/outcome.ts';
import { openEngine } from './real-engine.ts';

const grace = 60;
const refreshLifetime = 86_400;
const sessionLifetime = 604_800;

/** Presents one of the tokens, newest first, or advances the clock. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ present: fc.nat({ max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ wait: fc.constantFrom(1, grace - 1, grace, grace + 1, 40_000, refreshLifetime) }),
  },
);

test('a token of a single-use session has one successor at most (RFC 9700 §4.14.2)', async () => {
  const { engine, clock, signIn } = await openEngine({ contract: 'fib' });

  const property = fc.asyncProperty(fc.array(step, { maxLength: 16 }), async (steps) => {
    const tokens = [{ token: (await signIn()).token, expiresAt: clock.now + refreshLifetime }];
    const end = clock.now + sessionLifetime;
    let rotatedAt = clock.now;
    let revoked = false;

    for (const { present, wait } of steps as { present?: number; wait?: number }[]) {
      if (wait !== undefined) clock.now += wait;
      if (present === undefined) continue;
      const current = tokens.length - 1;
      const generation = Math.max(0, current - present);
      const { token = '', expiresAt = 0 } = tokens[generation] ?? {};
      const outcome = await engine.refresh(token, 'request');

      if (clock.now >= expiresAt) expect(outcome).toEqual(no('invalid_token'));
      else if (revoked) expect(outcome).toEqual(no('revoked_session'));
      else if (generation === current) {
        tokens.push({ token: successorOf(outcome), expiresAt: Math.min(clock.now + refreshLifetime, end) });
        rotatedAt = clock.now;
      } else if (generation === current - 1 && clock.now - rotatedAt < grace) {
        expect(successorOf(outcome)).toBe(tokens[current]?.token);
      } else {
        expect(outcome).toEqual(no('reused_token'));
        revoked = true;
      }
    }
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(tokens.length);
  });

  await fc.assert(property, { seed: 9700, numRuns: 100 });
});

function no(refusal: Extract<Outcome, { kind: 'refused' }>['refusal']): Outcome {
  return { kind: 'refused', refusal };
}

function successorOf(outcome: Outcome): string {
  if (outcome.kind !== 'granted') throw new Error(`not granted: ${JSON.stringify(outcome)}`);
  return outcome.grant.refresh.token;
}
