// Operations that change many rows, killed half-way: a migration, an import, a purge, a backup, changes of keys. Commands
// are killed before one of their system calls, beside a server with clients; then the server at random moments.
import { checkChains, everyoneContinues, pause } from './chains.ts';
import {
  beginLeak,
  checkGranted,
  checkTokens,
  commands,
  countImported,
  rowsOfCommit,
  type Operation,
} from './kills/commands.ts';
import {
  addEnded,
  checkIntegrity,
  countIn,
  ended,
  originalSessions,
  prepare,
  prefixed,
  type Fixture,
} from './kills/fixture.ts';
import { starts } from './kills/starts.ts';
import type { Part } from './part.ts';
import { anyKill, runTraced, straceNeeds, type Call } from './strace.ts';

export const kills: Part = {
  promise: 'An operation that is killed half-way is complete or undone, can be repeated, and disturbs no client.',
  needs: straceNeeds,
  prove: async (context) => {
    const fixture = await prepare(context);
    const { chains, settings, compromised, server, expect } = fixture;
    let killed = 0;
    for (const operation of [...commands, ...starts]) {
      const kills = await killCommand(fixture, operation, context.isQuick ? 2 : 3);
      expect(kills > 0, `${operation.name} was never killed`);
      killed += kills;
      context.print(`${operation.name}: ${kills} kills, ${chains.counts.refreshes} refreshes`);
    }
    // From now on the server purges by its timer, under the last master secret.
    settings['REFRACT_PURGE_INTERVAL'] = '1';
    await fixture.end('SIGTERM');
    await fixture.start();
    const lives = context.isQuick ? 2 : 12;
    for (let life = 1; life <= lives; life += 1) {
      await killServer(prefixed(fixture, `a server, kill ${life}`), life);
    }
    await everyoneContinues(chains);
    // Sessions that ended with their keys stay ended.
    for (const token of compromised) {
      const response = await chains.send(server().origin, 'orillion', token);
      expect(response?.status === 401, `a revoked session got the response ${String(response?.status)}`);
    }
    const { cases, figures } = await checkChains(chains, server().origin);
    checkIntegrity(fixture, fixture.file);
    return { cases: cases + compromised.length, faults: killed + lives, figures };
  },
};

let time = 0;

/** Runs a command once to its end, then kills it at a random call each time. @returns the number of kills */
async function killCommand(fixture: Fixture, { name, begin }: Operation, rounds: number): Promise<number> {
  const { tree, folder, random, settings, file } = fixture;
  let calls: readonly Call[] = [];
  let killed = 0;
  // A command may end before the chosen call.
  for (let runs = 0; killed < rounds && runs <= 3 * rounds; runs += 1) {
    time += 1;
    const { args, environment = settings, check } = await begin(fixture, time);
    const kill = runs === 0 ? undefined : anyKill(calls, folder, random);
    const ran = await runTraced({ tree, args, environment }, folder, kill);
    if (ran.code === null) killed += 1;
    else ({ calls } = ran);
    const when = kill === undefined ? 'not killed' : `killed before ${kill.name} ${kill.nth}`;
    const isExpected = ran.code === 0 || (ran.code === null && kill !== undefined);
    const scoped = prefixed(fixture, `${name}, ${when}`);
    scoped.expect(isExpected, `it ended with ${String(ran.code)}: ${ran.errors}`);
    checkIntegrity(scoped, file);
    try {
      await check(ran.code, scoped);
    } catch (reason) {
      // An incomplete result may be unreadable.
      scoped.violate(String(reason));
    }
  }
  return killed;
}

/** Rows of one commit when a server purges. */
const purgedOfCommit = 200;

/** Kills a server within about a second, while it imports, purges and replaces keys. */
async function killServer(fixture: Fixture, life: number): Promise<void> {
  const { file, random, expect } = fixture;
  const name = `imported while serving ${life}`;
  const original = originalSessions(name, 2_000);
  addEnded(file, 1_000);
  const before = countIn(file, ended);
  const leak = await beginLeak(fixture, `leaked while serving ${life}`);
  const operator = changeAll(fixture, original.lines, random() * 900);
  await pause(random() * 1_200);
  await fixture.end('SIGKILL');
  await fixture.start();
  await operator.ended;
  const { rows: reported, isCompromised } = operator.seen;
  const rows = countImported(file, name);
  const purged = before - countIn(file, ended);
  const isWhole = rows % rowsOfCommit === 0 && (purged % purgedOfCommit === 0 || purged === before);
  checkIntegrity(fixture, file);
  expect(rows >= reported, `${reported} rows were reported as stored, and ${rows} are`);
  expect(isWhole, `${rows} rows imported and ${purged} purged are not complete commits`);
  checkTokens(fixture);
  await checkGranted(fixture, original.tokens.slice(0, Math.floor(rows / 2)).slice(-2));
  await leak.check(isCompromised, fixture);
}

/** Starts an import and replaces keys a moment later. */
function changeAll({ server }: Fixture, lines: string, waitMs: number) {
  const { admin } = server();
  const seen = { rows: 0, isCompromised: false };
  const note = (rows = 0): void => {
    seen.rows = Math.max(seen.rows, rows);
  };
  let isImported = false;
  const importing = admin
    .POST('/imports', {
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines,
      bodySerializer: (text) => text,
    })
    .then(({ data }) => note(data?.rows))
    .finally(() => (isImported = true));
  const polling = async (): Promise<void> => {
    while (!isImported) {
      const { data } = await admin.GET('/imports');
      note(data?.imports[0]?.rows);
      await pause(20);
    }
  };
  const compromising = async (): Promise<void> => {
    await pause(waitMs);
    const params = { path: { contract: 'orillion' } } as const;
    seen.isCompromised = (await admin.POST('/keys/{contract}/compromise', { params })).response.ok;
  };
  // A killed server sends no response.
  return { seen, ended: Promise.allSettled([importing, polling(), compromising()]) };
}
