// Everything that changes much at once, killed in the middle: a step of the schema, an import, a purge, a backup, the
// life of keys. Commands are killed before one of their system calls, beside a server with clients; then the server
// itself is killed at random moments.
import { everyoneContinues, lookBack, pause } from './chains.ts';
import {
  beginLeak,
  commands,
  granted,
  importedRows,
  rowsTogether,
  tokenless,
  unless,
  type Operation,
} from './kills/commands.ts';
import { addEnded, countIn, damageIn, ended, leftBehind, prepare, type Ground } from './kills/ground.ts';
import { starts } from './kills/starts.ts';
import type { Part } from './part.ts';
import { anyKill, runTraced, traceNeeds, type Call } from './traced.ts';

export const kills: Part = {
  promise: 'Whatever is killed in the middle happened wholly or not at all, can be repeated, and disturbs no client.',
  needs: traceNeeds,
  prove: async (context) => {
    const ground = await prepare(context);
    const { chains, settings, compromised, server } = ground;
    const violations: string[] = [];
    let killed = 0;
    for (const operation of [...commands, ...starts]) {
      const found = await killCommand(ground, operation, context.isQuick ? 2 : 3);
      violations.push(...found.violations);
      killed += found.killed;
      context.say(`${operation.name}: ${found.killed} kills, ${chains.counts.refreshes} refreshes`);
    }
    // The server purges by itself from now on, under the last of the master secrets.
    settings['REFRACT_PURGE_INTERVAL'] = '1';
    await ground.end('SIGTERM');
    await ground.start();
    const lives = context.isQuick ? 2 : 12;
    for (let life = 1; life <= lives; life += 1) {
      const found = await killServer(ground, life);
      violations.push(...found.map((what) => `a server, killed for the ${life}. time: ${what}`));
    }
    await everyoneContinues(chains);
    // What ended with its keys stays so.
    for (const token of compromised) {
      const answer = await chains.send(server().origin, 'orillion', token);
      violations.push(...unless([answer?.status === 401, `a revoked session was answered ${String(answer?.status)}`]));
    }
    const { cases, figures, violations: seen } = await lookBack(chains, server().origin);
    return {
      ...{ cases: cases + compromised.length, faults: killed + lives, figures },
      violations: [...violations, ...seen, ...damageIn(ground.file)],
    };
  },
};

let time = 0;

/** Runs it once to its end, and then kills it somewhere each time; it may come to its end before. */
async function killCommand(ground: Ground, { name, begin }: Operation, rounds: number) {
  const { tree, folder, random, settings, file } = ground;
  const violations: string[] = [];
  let calls: readonly Call[] = [];
  let killed = 0;
  for (let runs = 0; killed < rounds && runs <= 3 * rounds; runs += 1) {
    time += 1;
    const { args, environment = settings, judge } = await begin(ground, time);
    const kill = runs === 0 ? undefined : anyKill(calls, folder, random);
    const ran = await runTraced({ tree, args, environment }, folder, kill);
    if (ran.code === null) killed += 1;
    else ({ calls } = ran);
    const when = kill === undefined ? 'not killed' : `killed before ${kill.name} ${kill.nth}`;
    const isExpected = ran.code === 0 || (ran.code === null && kill !== undefined);
    const found = [
      ...unless([isExpected, `it ended with ${String(ran.code)}: ${ran.complaints}`]),
      ...damageIn(file),
      // What is half done may not be there to be looked at.
      ...(await Promise.resolve(ran.code)
        .then(judge)
        .catch((reason: unknown) => [String(reason)])),
    ];
    violations.push(...found.map((what) => `${name}, ${when}: ${what}`));
  }
  return { killed, violations: [...violations, ...unless([killed > 0, `${name} was never killed`])] };
}

/** Rows that a server purges together. */
const purgedTogether = 200;

/** Kills a server within about a second, while it imports, purges and replaces keys. @returns violations */
async function killServer(ground: Ground, life: number): Promise<readonly string[]> {
  const { file, random } = ground;
  const name = `imported while serving ${life}`;
  const left = leftBehind(name, 2_000);
  addEnded(file, 1_000);
  const before = countIn(file, ended);
  const leak = await beginLeak(ground, `leaked while serving ${life}`);
  const client = begin(ground, left.lines, random() * 900);
  await pause(random() * 1_200);
  await ground.end('SIGKILL');
  await ground.start();
  await client.isOver;
  const { rows: reported, isCompromised } = client.seen;
  const rows = importedRows(file, name);
  const purged = before - countIn(file, ended);
  const isWhole = rows % rowsTogether === 0 && (purged % purgedTogether === 0 || purged === before);
  return [
    ...damageIn(file),
    ...unless(
      [rows >= reported, `${reported} rows were reported as on disk, and ${rows} are`],
      [isWhole, `${rows} rows imported and ${purged} purged are no whole commits`],
    ),
    ...tokenless(file),
    ...(await granted(ground, left.tokens.slice(0, Math.floor(rows / 2)).slice(-2))),
    ...(await leak.judge(isCompromised)),
  ];
}

/** Has the server import, and replace keys a moment later. */
function begin({ server }: Ground, lines: string, waitMs: number) {
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
  const asking = async (): Promise<void> => {
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
  // A server that is killed does not answer.
  return { seen, isOver: Promise.allSettled([importing, asking(), compromising()]) };
}
