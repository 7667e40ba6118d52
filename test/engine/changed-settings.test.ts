// Settings that change while sessions are active do not affect them; and many tabs without a grace period.
import { expect, test } from 'vitest';
import { claimsOf } from '../shared/tokens.ts';
import { openEngine } from './real-engine.ts';

test('a static session keeps the expiry of its token after a changed lifetime', async () => {
  const before = await openEngine({ contract: 'xerial', settings: { policy: 'static', refreshLifetime: 100 } });
  const { token } = await before.signIn();
  const after = await openEngine({ contract: 'xerial', settings: { refreshLifetime: 1_000_000 }, beside: before });
  const outcome = await after.engine.refresh(token, 'request');
  if (outcome.kind !== 'granted') throw new Error(outcome.kind);
  expect(outcome.grant.refresh).toEqual({ token, expiresAt: claimsOf(token)['exp'] });
});

test('a session keeps the policy it was issued under', async () => {
  const before = await openEngine({ contract: 'cloudreve', settings: { policy: 'reusable' } });
  const { token } = await before.signIn();
  const after = await openEngine({ contract: 'cloudreve', settings: { policy: 'single-use' }, beside: before });
  for (let refreshes = 0; refreshes < 3; refreshes += 1) {
    before.clock.now += 100;
    expect(await after.engine.refresh(token, 'request')).toMatchObject({ kind: 'granted' });
  }
});

test('64 parallel refreshes with one reusable token are granted without a grace period', async () => {
  const { engine, signIn, stored } = await openEngine({ contract: 'cloudreve', settings: { gracePeriod: 0 } });
  const { session, token } = await signIn();
  const outcomes = await Promise.all(
    Array.from({ length: 64 }, (_, tab) => engine.refresh(token, `tab ${String(tab)}`)),
  );
  expect(outcomes.filter(({ kind }) => kind !== 'granted')).toEqual([]);
  expect(await stored(session)).toMatchObject({ generation: 64 });
});
