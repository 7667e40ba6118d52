// Measures on this machine, and prints figures. Each part starts and stops what it needs.
import { Argument, Option } from '@commander-js/extra-typings';
import { contracts } from '../test/shared/refreshing.ts';
import { measureAb } from './bench/ab.ts';
import { measureInstances } from './bench/instances.ts';
import { measureMemory } from './bench/memory.ts';
import { measurePeers } from './bench/peers.ts';
import { profileRefreshes } from './bench/profile.ts';
import { measureRefreshes } from './bench/refreshes.ts';
import { measureSaves } from './bench/saves.ts';
import { measureScale } from './bench/scale.ts';
import { withBench, type Bench } from './bench/targets.ts';
import { Exit, numberFrom, runCommand, type Output } from './command.ts';

const parts = {
  refreshes: measureRefreshes,
  peers: measurePeers,
  scale: measureScale,
  memory: measureMemory,
  profile: profileRefreshes,
  saves: measureSaves,
  instances: measureInstances,
} as const satisfies Readonly<Record<string, (bench: Bench) => Promise<string>>>;

const names = ['refreshes', 'peers', 'scale', 'memory', 'profile', 'saves', 'instances'] as const;

const explanation = `
refreshes  what a refresh costs beside the same exchange without one; also to var/bench
peers      the same beside other servers that refresh tokens; installs them when first asked for
scale      from a thousand sessions to a million: speed, size, growth, start and purge; ten million with --full
memory     what a server holds, idle and after many refreshes
profile    where the time of a refresh goes, by stage and by function, and the source files that it passes
saves      how long it takes in \`npm run dev\` until a saved document is served
instances  one, two and four instances over one PostgreSQL
ab         the working tree beside another commit: see \`npm run bench -- ab --help\``;

export function run(args: readonly string[], output?: Output): Promise<number> {
  return runCommand(
    'bench',
    args,
    (command, print) => {
      command
        .description('Measures on this machine, and prints figures.')
        .addArgument(new Argument('[parts...]', 'what is measured; refreshes unless given').choices(names))
        .option('--full', 'more and longer rounds; without parts: refreshes, peers, scale and memory')
        .option('--show', 'let the README show the results from the next `npm run generate` on')
        .addHelpText('after', explanation)
        .action(async (chosen, { full = false }) => {
          const usual = full ? (['refreshes', 'peers', 'scale', 'memory'] as const) : (['refreshes'] as const);
          for (const part of chosen.length === 0 ? usual : chosen) {
            print(await withBench(full, parts[part]));
          }
        });
      command
        .command('ab')
        .description('Measures the working tree (A) beside another state of it (B), in alternating order.')
        .argument('<ref>', 'a commit, or the folder of a checkout')
        .option('--rounds <count>', 'rounds, of which each measures both', numberFrom(1), 12)
        .option('--seconds <seconds>', 'how long each is measured in a round', numberFrom(0.1), 1.5)
        .option('--clients <count>', 'clients that refresh at once', numberFrom(1), 64)
        .addOption(
          new Option('--contract <name>', 'the contract that is refreshed')
            .choices(contracts)
            .default('xerial' as const),
        )
        .option('--start', 'measure second starts until the server listens, and idle memory, instead of refreshes')
        .option('--fail-below <ratio>', 'exit code 1 where the ratio of the first figure is lower', numberFrom(0))
        .action(async (ref, { failBelow, ...options }) => {
          const { text, ratio } = await withBench(false, (bench) => measureAb(bench, ref, options));
          print(text);
          if (failBelow !== undefined && !(ratio >= failBelow)) throw new Exit(1);
        });
    },
    output,
  );
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
