// Everything that changes much at once, killed in the middle: a step of the schema, an import, a purge, a backup, the
// life of keys. Commands are killed before one of their system calls, beside a server whose clients go on all the time;
// then the server itself at random moments.
import { pause, type Chains } from './chains.ts';
import { doubleSuccessors, presentOldTokens } from './crash.ts';
import { commands, type Operation } from './kills/commands.ts';
import { damageIn, prepare, type Ground } from './kills/ground.ts';
import { anyOf, run, type Ran } from './kills/killed.ts';
import { killServing } from './kills/served.ts';
import { starts } from './kills/starts.ts';
import type { Part } from './part.ts';
import { traceNeeds } from './traced.ts';

export const kills: Part = {
  promise:
    'Whatever is killed in the middle has happened wholly or not at all, can be done again, and disturbs no client.',
  needs: traceNeeds,
  prove: async (context) => {
    const ground = await prepare(context);
    const { chains, file } = ground;
    const violations: string[] = [];
    let killed = 0;
    try {
      for (const operation of [...commands, ...starts]) {
        const found = await killCommand(ground, operation, context.isQuick ? 2 : 3);
        violations.push(...found.violations);
        killed += found.killed;
        context.say(
          `${operation.name}: ${String(found.killed)} kills, ${String(chains.figures().refreshes)} refreshes`,
        );
      }
      // Purges by itself from now on, under the last of the master secrets.
      ground.settings['REFRACT_PURGE_INTERVAL'] = '1';
      await ground.restart('SIGTERM');
      const lives = context.isQuick ? 2 : 12;
      let [told, kept] = [0, 0];
      for (let life = 0; life < lives; life += 1) {
        const found = await killServing(ground, life);
        violations.push(
          ...found.violations.map((what) => `a server, killed for the ${String(life + 1)}. time: ${what}`),
        );
        told += found.told;
        kept += found.kept;
      }
      context.say(`a server: ${String(lives)} kills, ${String(told)} rows told as imported, ${String(kept)} there`);
      violations.push(...(await everyoneGoesOn(chains)));
      violations.push(...(await stillOver(ground)));
      const presented = await presentOldTokens(chains, ground.server().origin);
      return {
        cases: chains.figures().refreshes + presented + ground.over.length,
        faults: killed + lives,
        violations: [...violations, ...chains.violations, ...doubleSuccessors(chains.all), ...damageIn(file)],
        figures: { 'rows that were said to be imported': told, 'old tokens presented': presented + ground.over.length },
      };
    } finally {
      await ground.stop();
    }
  },
};

let times = 0;

/** Once to its end, and then killed somewhere each time; it may come to its end before, with less to do than the last time. */
async function killCommand(ground: Ground, { name, begin }: Operation, rounds: number) {
  const violations: string[] = [];
  let calls: Ran['calls'] = [];
  let killed = 0;
  for (let runs = 0; killed < rounds && runs <= 3 * rounds; runs += 1) {
    times += 1;
    const { running, judge } = await begin(ground, times);
    const kill = runs === 0 ? undefined : anyOf(calls, ground.folder, ground.random);
    const ran = await run({ ...ground, ...running, under: kill ?? 'strace' });
    if (ran.code === null) killed += 1;
    else ({ calls } = ran);
    const when = kill === undefined ? 'not killed' : `killed before ${kill.name} ${String(kill.nth)}`;
    const ending =
      ran.code === 0 || (ran.code === null && kill !== undefined)
        ? []
        : [`it ended with ${String(ran.code)}: ${ran.complaints}`];
    const found = [...ending, ...damageIn(ground.file), ...(await Promise.resolve(ran).then(judge).catch(unreadable))];
    violations.push(...found.map((what) => `${name}, ${when}: ${what}`));
  }
  return { violations: killed === 0 ? [...violations, `${name} was never killed`] : violations, killed };
}

/** What is half done may not even be there to be looked at. */
function unreadable(reason: unknown): readonly string[] {
  return [reason instanceof Error ? reason.message : String(reason)];
}

/** Until every client was granted once more. @returns a sentence for each that was not */
async function everyoneGoesOn({ all }: Chains): Promise<readonly string[]> {
  const before = new Map(all.map((chain) => [chain, chain.refreshes]));
  const stuck = () => all.filter((chain) => chain.refreshes === before.get(chain));
  const until = performance.now() + 60_000;
  while (stuck().length > 0 && performance.now() < until) await pause(10);
  return stuck().map(({ contract, sessionId }) => `${contract} ${sessionId}: does not go on`);
}

/** What ended with its keys stays so, whatever was killed since. */
async function stillOver({ chains, over, server }: Ground): Promise<readonly string[]> {
  const answers = await Promise.all(over.map((token) => chains.send(server().origin, 'orillion', token)));
  return answers.flatMap((answer) =>
    answer?.status === 401 ? [] : [`a session that was over was answered with ${String(answer?.status)}`],
  );
}
