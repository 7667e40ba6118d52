// The compare-and-set: everything the decision was based on still holds, or nothing is written.
import { expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import type { Session } from '../../../src/engine/session.ts';
import { details, draftOf, start, type Open } from './opened.ts';

export function rotating(open: Open): void {
  test('moves generation, time and key on, and nothing else', async () => {
    const { store, issue, stored } = await open();
    const [session, bystander] = [await issue({ label: 'laptop' }), await issue()];
    const next = { generation: 1, rotatedAt: start + 10, keyId: 'second' };
    expect(await store.rotate(session, next)).toBe(true);
    expect(await stored(session)).toEqual({ ...session, ...next });
    expect(await stored(bystander)).toEqual(bystander);
  });

  test.each([7, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER])(
    'can go on to generation %i, exactly',
    async (generation) => {
      const { store, issue, stored } = await open();
      const session = await issue();
      expect(await store.rotate(session, { ...session, generation })).toBe(true);
      expect(await stored(session)).toEqual({ ...session, generation });
    },
  );

  test('a hundred identical rotations at once are one', async () => {
    const { store, other, issue, stored } = await open();
    const session = await issue();
    const next = { generation: 1, rotatedAt: start + 1, keyId: 'first' };
    const rotated = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 ? store : other).rotate(session, next)),
    );
    expect(rotated.filter(Boolean)).toHaveLength(1);
    expect(await stored(session)).toEqual({ ...session, ...next });
  });

  test('of rotations to different generations at once, one goes through and stands', async () => {
    const { store, other, issue, stored } = await open();
    const session = await issue();
    const generations = Array.from({ length: 40 }, (_, index) => index + 1);
    const rotated = await Promise.all(
      generations.map((generation) => (generation % 2 ? store : other).rotate(session, { ...session, generation })),
    );
    expect(rotated.filter(Boolean)).toHaveLength(1);
    expect(await stored(session)).toMatchObject({ generation: generations[rotated.indexOf(true)] });
  });

  test('a hundred sessions at once do not get in each other’s way', async () => {
    const { store, other, issue } = await open();
    const sessions = await Promise.all(Array.from({ length: 100 }, () => issue()));
    const rotated = await Promise.all(
      sessions.map((session, index) => (index % 2 ? store : other).rotate(session, { ...session, generation: 1 })),
    );
    expect(new Set(rotated)).toEqual(new Set([true]));
    expect((await store.listSessions({})).every(({ generation }) => generation === 1)).toBe(true);
  });

  // The decision was read before, and is carried out after: what happened in between must win, on any instance.
  const losing: readonly (readonly [string, (other: Store, session: Session) => Promise<unknown>])[] = [
    ['another rotation', (other, session) => other.rotate(session, { ...session, generation: 1 })],
    ['a revocation', (other, { id }) => other.revoke(id, 'requested')],
    ['a revocation of all of the subject', (other) => other.revokeAll({ subjectId: 'bob' }, 'requested')],
    ['a revocation of all of the contract', (other) => other.revokeAll({ contract: 'fib' }, 'requested')],
    ['the subject being disabled', (other) => other.disableSubject('bob')],
    ['the subject being deleted', (other) => other.deleteSubject('bob')],
    ['changed credentials', (other) => other.changeCredentials('bob')],
    [
      'the subject being deleted and added again',
      async (other) => {
        await other.deleteSubject('bob');
        await other.putSubject('bob', details);
      },
    ],
  ];

  test.each(losing)('loses against %s', async (_name, happen) => {
    const { store, other, issue, stored } = await open();
    const session = await issue();
    await happen(other, session);
    const before = await stored(session);
    expect(await store.rotate(session, { generation: 2, rotatedAt: start + 9, keyId: 'second' })).toBe(false);
    expect(await stored(session)).toEqual(before);
  });

  const harmless: typeof losing = [
    [
      'the subject being disabled and enabled again',
      async (other) => {
        await other.disableSubject('bob');
        await other.enableSubject('bob');
      },
    ],
    ['changed details', (other) => other.putSubject('bob', { ...details, email: 'rob@mail.com' })],
    [
      'what happens to another subject',
      async (other) => {
        await other.putSubject('rob', details);
        await other.disableSubject('rob');
        await other.changeCredentials('rob');
        await other.deleteSubject('rob');
      },
    ],
    [
      'what happens to another session',
      async (other) => {
        const another = await other.issue(draftOf({ contract: 'xerial' }));
        if (another.kind === 'issued') await other.rotate(another.session, { ...another.session, generation: 1 });
        await other.revokeAll({ contract: 'xerial' }, 'requested');
      },
    ],
  ];

  test.each(harmless)('does not lose against %s', async (_name, happen) => {
    const { store, other, issue } = await open();
    const session = await issue();
    await happen(other, session);
    expect(await store.rotate(session, { ...session, generation: 1 })).toBe(true);
  });

  test.each([
    ['ahead of', 2],
    ['behind', 0],
  ])('with a basis that is %s the row changes nothing', async (_name, generation) => {
    const { store, issue, stored } = await open();
    const session = await issue();
    await store.rotate(session, { ...session, generation: 1 });
    expect(await store.rotate({ ...session, generation }, { ...session, generation: 9 })).toBe(false);
    expect(await stored(session)).toEqual({ ...session, generation: 1 });
  });

  test('a session that is not there cannot be rotated', async () => {
    const { store, issue } = await open();
    const session = await issue();
    expect(await store.rotate({ ...session, id: 'unknown' }, { ...session, generation: 1 })).toBe(false);
  });
}
