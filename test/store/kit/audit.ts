// The audit trail: append, read newest first in pages, remove the oldest events.
import { expect, test } from 'vitest';
import type { AuditEvent } from '../../../src/admin/ports.ts';
import { emptyEvent } from '../../../src/observe/audit.ts';
import { start, type Open } from './test-store.ts';

/** An event as the store returns it. */
function event(of: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id: 'a',
    at: start,
    type: 'refused',
    ...emptyEvent,
    ...of,
  };
}

export function auditTests(open: Open): void {
  test('appendAudit() stores every member of an event with the store’s clock', async () => {
    const { store, other, setClock } = await open();
    const whole = event({
      type: 'revoked',
      contract: 'fib',
      subjectId: 'bob',
      sessionId: 'session',
      reason: 'requested',
      requestId: 'request',
      address: '203.0.113.7',
      userAgent: 'a browser',
      actor: 'token-1',
    });
    await store.appendAudit([whole, event({ id: 'b' })]);
    await setClock(start + 1);
    await other.appendAudit([event({ id: 'c' })]);
    expect(await other.readAudit({}, { limit: 10 })).toEqual([
      event({ id: 'c', at: start + 1 }),
      event({ id: 'b' }),
      whole,
    ]);
  });

  test('readAudit() returns pages, newest first, without gaps or repetition', async () => {
    const { store, setClock } = await open();
    for (let second = 0; second < 3; second += 1) {
      await setClock(start + second);
      await store.appendAudit(['a', 'b', 'c'].map((id) => event({ id: `${id}${String(second)}` })));
    }
    const read: string[] = [];
    let after: AuditEvent | undefined;
    do {
      const page: readonly AuditEvent[] = await store.readAudit({}, { after, limit: 2 });
      read.push(...page.map(({ id }) => id));
      after = page.at(-1);
    } while (after !== undefined);
    expect(read).toEqual(['c2', 'b2', 'a2', 'c1', 'b1', 'a1', 'c0', 'b0', 'a0']);
  });

  test('readAudit() filters by type, contract, subject, session and time', async () => {
    const { store, setClock } = await open();
    await store.appendAudit([event({ id: 'old', contract: 'fib', subjectId: 'bob' })]);
    await setClock(start + 5);
    await store.appendAudit([
      event({ id: 'a', type: 'reused', contract: 'fib', subjectId: 'bob', sessionId: 's1' }),
      event({ id: 'b', contract: 'xerial', subjectId: 'bob', sessionId: 's2' }),
      event({ id: 'c', contract: 'fib', subjectId: 'ann', sessionId: 's3' }),
    ]);
    const idsOf = async (filter: Parameters<typeof store.readAudit>[0]) =>
      (await store.readAudit(filter, { limit: 10 })).map(({ id }) => id);
    expect(await idsOf({ type: 'reused' })).toEqual(['a']);
    expect(await idsOf({ contract: 'fib' })).toEqual(['c', 'a', 'old']);
    expect(await idsOf({ subjectId: 'bob' })).toEqual(['b', 'a', 'old']);
    expect(await idsOf({ sessionId: 's2' })).toEqual(['b']);
    expect(await idsOf({ since: start + 5 })).toEqual(['c', 'b', 'a']);
    expect(await idsOf({ since: start + 1, contract: 'fib', subjectId: 'bob' })).toEqual(['a']);
  });

  test('appendAudit() stores all events of a call or none', async () => {
    const { store } = await open();
    await store.appendAudit([event({ id: 'a' })]);
    await expect(store.appendAudit([event({ id: 'b' }), event({ id: 'a' })])).rejects.toThrow();
    expect((await store.readAudit({}, { limit: 10 })).map(({ id }) => id)).toEqual(['a']);
  });

  test('cutAudit() removes the oldest events, at most as many as given', async () => {
    const { store, setClock } = await open();
    await store.appendAudit(['a', 'b', 'c'].map((id) => event({ id })));
    await setClock(start + 10);
    await store.appendAudit([event({ id: 'd' })]);
    expect(await store.cutAudit(10, 100)).toBe(0);
    await setClock(start + 11);
    expect(await store.cutAudit(10, 2)).toBe(2);
    expect((await store.readAudit({}, { limit: 10 })).map(({ id }) => id)).toEqual(['d', 'c']);
    expect(await store.cutAudit(10, 2)).toBe(1);
    expect(await store.cutAudit(10, 2)).toBe(0);
  });
}
