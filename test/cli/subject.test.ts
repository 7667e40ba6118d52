// refract subject: each action alone. Their effect on active sessions is tested in while-serving.system.ts.
import { describe, expect } from 'vitest';
import { noDetails, test, type Ended } from '../shared/cli.ts';

describe('subject add', () => {
  test('subject add adds a subject and prints it as show does', async ({ place }) => {
    const details = ['--email', 'bob@mail.com', '--account', 'bob@admin', '--role', 'ROLE_ADMIN'];
    const added = await place.refract('subject', 'add', 'bob', ...details);
    expect(parsed(added)).toEqual({ id: 'bob', email: 'bob@mail.com', account: 'bob@admin', role: 'ROLE_ADMIN' });
    expect(await place.refract('subject', 'show', 'bob')).toEqual(added);
  });

  test('subject add changes given details, removes empty ones and keeps the others', async ({ place }) => {
    await place.inside(({ store }) =>
      store.putSubject('bob', { email: 'bob@mail.com', account: 'bob@admin', role: 'USER' }),
    );
    const changed = await place.refract('subject', 'add', 'bob', '--role', 'ADMIN', '--account', '');
    expect(parsed(changed)).toEqual({ id: 'bob', email: 'bob@mail.com', role: 'ADMIN' });
    await place.inside(({ store }) => store.disableSubject('bob'));
    const again = await place.refract('subject', 'add', 'bob', '--account', 'bob');
    expect(parsed(again)).toEqual({
      id: 'bob',
      email: 'bob@mail.com',
      account: 'bob',
      role: 'ADMIN',
      disabledAt: expect.any(Number),
    });
  });

  test('subject add accepts ids with spaces, quotes and a leading dash', async ({ place }) => {
    const id = `-Bob "O'Neil" Ünal; DROP TABLE subject`;
    expect(parsed(await place.refract('subject', 'add', '--', id))).toEqual({ id });
    expect(await place.inside(({ store }) => store.readSubject(id))).toMatchObject({ id });
  });
});

test('subject add refuses details that are too long for a token', async ({ place }) => {
  expect(await place.refract('subject', 'add', 'bob', '--account', 'b'.repeat(256))).toEqual({
    code: 1,
    stdout: '',
    stderr: 'refract: The account of a subject may have at most 255 characters, not 256.\n',
  });
  expect(await place.inside(({ store }) => store.readSubject('bob'))).toBeUndefined();
});

test.for(['.', '..'])('subject add refuses the id %s, which a URL cannot contain', async (id, { place }) => {
  expect(await place.refract('subject', 'add', id)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'refract: The id of a subject must be well-formed Unicode without NUL, and not "." or "..".\n',
  });
});

describe('the other actions', () => {
  test('subject disable and enable print the new state, and can be repeated', async ({ place }) => {
    await place.inside(({ store }) => store.putSubject('bob', noDetails));
    const disabled = done('bob is disabled; its sessions are refused until it is enabled again.');
    expect(await place.refract('subject', 'disable', 'bob')).toEqual(disabled);
    expect(await place.refract('subject', 'disable', 'bob')).toEqual(disabled);
    const { disabledAt } = parsed(await place.refract('subject', 'show', 'bob'));
    expect(Math.abs(Number(disabledAt) - Date.now() / 1000)).toBeLessThan(60);
    expect(await place.refract('subject', 'enable', 'bob')).toEqual(done('bob is enabled.'));
    expect(await place.refract('subject', 'enable', 'bob')).toEqual(done('bob is enabled.'));
    expect((await place.inside(({ store }) => store.readSubject('bob')))?.disabledAt).toBeUndefined();
  });

  test('subject credentials-changed sets a new credential version', async ({ place }) => {
    const before = await place.inside(({ store }) => store.putSubject('bob', noDetails));
    expect(await place.refract('subject', 'credentials-changed', 'bob')).toEqual(
      done('bob has new credentials; sessions issued before are refused.'),
    );
    const after = await place.inside(({ store }) => store.readSubject('bob'));
    expect(after?.credentialVersion).not.toBe(before.credentialVersion);
  });

  test('subject remove keeps the id, and the subject can be added again', async ({ place }) => {
    await place.inside(({ store }) => store.putSubject('bob', { ...noDetails, email: 'bob@mail.com' }));
    expect(await place.refract('subject', 'remove', 'bob')).toEqual(done('bob is removed; its sessions are refused.'));
    const tombstone = parsed(await place.refract('subject', 'show', 'bob'));
    expect(tombstone).toEqual({ id: 'bob', deletedAt: expect.any(Number) });
    expect(parsed(await place.refract('subject', 'add', 'bob', '--role', 'USER'))).toEqual({ id: 'bob', role: 'USER' });
  });

  test('subject actions refuse a missing or removed subject', async ({ place }) => {
    await place.inside(async ({ store }) => {
      await store.putSubject('gone', noDetails);
      await store.deleteSubject('gone');
    });
    for (const [action, id] of [
      ['show', 'unknown'],
      ['disable', 'gone'],
      ['enable', 'unknown'],
      ['remove', 'gone'],
      ['credentials-changed', 'gone'],
    ] as const) {
      expect(await place.refract('subject', action, id), action).toEqual({
        code: 1,
        stdout: '',
        stderr: `refract: There is no subject ${id}.\n`,
      });
    }
  });
});

function done(sentence: string): Ended {
  return { code: 0, stdout: `${sentence}\n`, stderr: '' };
}

function parsed({ code, stdout, stderr }: Ended): Record<string, unknown> {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}
