// refract purge: what is over goes, by hand and beside a server that runs.
import { describe, expect } from 'vitest';
import { noDetails, test, type Place } from '../shared/cli.ts';
import { connectTo } from '../shared/database.ts';
import { refresh } from '../shared/refreshing.ts';

const day = 86_400;

/** Lets the sessions of a subject have ended so many seconds ago. */
function endAgo(place: Place, subject: string, seconds: number): void {
  connectTo(place.database)
    .prepare("UPDATE session SET expires_at = unixepoch('now') - ? WHERE subject_id = ?")
    .run(seconds, subject);
}

/** A session of each subject; the first one's token. */
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

test('what has been over for a day goes while the server runs, and what lives is refreshed as before', async ({
  place,
}) => {
  const token = await signIn(place, 'alice', 'bob', 'carol', 'dave');
  endAgo(place, 'bob', day + 60);
  endAgo(place, 'carol', day - 60);
  endAgo(place, 'dave', day + 60);
  await place.inside(({ store }) => store.deleteSubject('dave'));
  const serving = await place.serve('--only', 'xerial');
  const successor = await refresh(serving.origin, 'xerial', token);
  expect(await place.refract('purge')).toEqual({
    code: 0,
    stdout: '2 ended sessions and 0 removed subjects are purged.\n',
    stderr: '',
  });
  await refresh(serving.origin, 'xerial', successor);
  expect(await place.refract('purge', '--older-than', '0', '--batch', '1')).toEqual({
    code: 0,
    stdout: '1 ended session and 1 removed subject are purged.\n',
    stderr: '',
  });
  expect(await place.refract('purge', '--older-than=0')).toMatchObject({
    stdout: '0 ended sessions and 0 removed subjects are purged.\n',
  });
  const subjects = await place.inside(({ store }) => store.listSessions({}));
  expect(subjects.map(({ subjectId }) => subjectId)).toEqual(['alice']);
});

describe('a server', () => {
  test('purges by itself, tells it in its log, and stops as it should', async ({ place }) => {
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
