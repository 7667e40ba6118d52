// refract purge, and the purge of a running server.
import { describe, expect } from 'vitest';
import { noDetails, test, type Place } from '../shared/cli.ts';
import { connectTo } from '../shared/database.ts';
import { refresh } from '../shared/refreshing.ts';

const day = 86_400;

/** Makes the sessions of a subject end so many seconds ago. */
function endAgo(place: Place, subject: string, seconds: number): void {
  connectTo(place.database)
    .prepare("UPDATE session SET expires_at = unixepoch('now') - ? WHERE subject_id = ?")
    .run(seconds, subject);
}

/** Issues a session to each subject. @returns the first one's token */
function signIn(place: Place, ...subjects: readonly string[]): Promise<string> {
  return place.inside(async ({ store, issue }) => {
    const tokens: string[] = [];
    for (const subject of subjects) {
      await store.putSubject(subject, noDetails);
      const issued = await issue('xerial', subject);
      if (issued.kind === 'refused') throw new Error(issued.refusal);
      tokens.push(issued.grant.refresh.token);
    }
    return tokens[0] ?? '';
  });
}

test('purge removes sessions that ended a day ago while active ones are refreshed', async ({ place }) => {
  const token = await signIn(place, 'alice', 'bob', 'carol', 'dave');
  endAgo(place, 'bob', day + 60);
  endAgo(place, 'carol', day - 60);
  endAgo(place, 'dave', day + 60);
  await place.inside(({ store }) => store.deleteSubject('dave'));
  const serving = await place.serve('--only', 'xerial');
  const successor = await refresh(serving.origin, 'xerial', token);
  expect(await place.refract('purge')).toEqual({
    code: 0,
    stdout: 'Purged 2 ended sessions and 0 removed subjects.\n',
    stderr: '',
  });
  await refresh(serving.origin, 'xerial', successor);
  expect(await place.refract('purge', '--older-than', '0', '--batch', '1')).toEqual({
    code: 0,
    stdout: 'Purged 1 ended session and 1 removed subject.\n',
    stderr: '',
  });
  expect(await place.refract('purge', '--older-than=0')).toMatchObject({
    stdout: 'Purged 0 ended sessions and 0 removed subjects.\n',
  });
  const subjects = await place.inside(({ store }) => store.listSessions({}));
  expect(subjects.map(({ subjectId }) => subjectId)).toEqual(['alice']);
});

describe('a server', () => {
  test('a server purges periodically, logs it, and stops with 0', async ({ place }) => {
    await signIn(place, 'bob');
    endAgo(place, 'bob', day + 60);
    const serving = await place.serveWith({ environment: { REFRACT_PURGE_INTERVAL: '1' } }, '--only', 'xerial');
    const count = connectTo(place.database).prepare('SELECT count(*) FROM session').pluck();
    await expect.poll(() => count.get(), { timeout: 20_000 }).toBe(0);
    const { code, stderr } = await serving.stop();
    expect(code).toBe(0);
    expect(stderr).toMatch(/^\{[^\n]*"type":"purged","sessions":1,"subjects":0\}$/m);
  });
});
