// A server that is killed at a random moment while operators have it import, purge and replace keys, all at once.
import { pause } from '../chains.ts';
import { addEnded, countIn, damageIn, leftBehind, linesOf, type Ground } from './ground.ts';
import { beginLeak, ended, granted, importedRows, tokenless } from './commands.ts';

/** As a server removes them by itself. */
const purgedTogether = 200;
const rowsTogether = 100;

export interface Killed {
  readonly violations: readonly string[];
  /** Rows of the import that it had said to be on disk, and all that were. */
  readonly told: number;
  readonly kept: number;
}

/** One life of it, a second at most, and the beginning of the next one. @param time counted over all of them */
export async function killServing(ground: Ground, time: number): Promise<Killed> {
  const { file, random } = ground;
  const name = `imported while serving ${String(time)}`;
  const left = leftBehind(name, 2_000);
  addEnded(file, 1_000);
  const before = countIn(file, ended);
  const leak = await beginLeak(ground, `leaked while serving ${String(time)}`);
  const { client, told, isDone } = begin(ground, linesOf(left), random() * 900);
  await pause(random() * 1_200);
  await ground.restart('SIGKILL');
  await client;
  const rows = importedRows(file, name);
  const purged = before - countIn(file, ended);
  const isWhole = rows % rowsTogether === 0 && (purged % purgedTogether === 0 || purged === before);
  return {
    told: told(),
    kept: rows,
    violations: [
      ...damageIn(file),
      ...(rows < told() ? [`${String(told())} rows were said to be on disk, and ${String(rows)} are`] : []),
      ...(isWhole ? [] : [`${String(rows)} rows imported and ${String(purged)} purged are no whole commits`]),
      ...tokenless(file),
      ...(await granted(ground, left.slice(0, Math.floor(rows / 2)).slice(-2))),
      ...(await leak.judge(isDone())),
    ],
  };
}

/** @param wait milliseconds until the keys are given up */
function begin({ server }: Ground, lines: string, wait: number) {
  const { admin } = server();
  let [told, isDone, isOver] = [0, false, false];
  // Whoever asks a server that is killed is not answered.
  const unanswered = (): void => undefined;
  const importing = admin
    .POST('/imports', {
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines,
      bodySerializer: (text) => text,
    })
    .then(({ data }) => {
      if (data !== undefined) told = Math.max(told, data.rows);
    }, unanswered)
    .finally(() => (isOver = true));
  const asking = (async () => {
    while (!isOver) {
      const { data } = await admin.GET('/imports');
      const [latest] = data?.imports ?? [];
      if (latest !== undefined) told = Math.max(told, latest.rows);
      await pause(20);
    }
  })().catch(unanswered);
  const givingUp = (async () => {
    await pause(wait);
    const { response } = await admin.POST('/keys/{contract}/compromise', {
      params: { path: { contract: 'orillion' } },
    });
    isDone = response.ok;
  })().catch(unanswered);
  return {
    client: Promise.all([importing, asking, givingUp]),
    told: () => told,
    isDone: () => isDone,
  };
}
