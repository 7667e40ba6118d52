// Measures on this machine and prints figures. Each part starts and stops its servers.
import { Argument, Option } from '@commander-js/extra-typings';
import { contracts } from '../test/shared/refreshing.ts';
import { measureAb } from './bench/ab.ts';
import { measureInstances } from './bench/instances.ts';
import { measurePeers } from './bench/peers.ts';
import { profileRefreshes } from './bench/profile.ts';
import { measureRefreshes } from './bench/refreshes.ts';
import { measureScale } from './bench/scale.ts';
import { withBench, type Bench } from './bench/targets.ts';
import { Exit, numberFrom, runCommand, type Output } from './command.ts';

const parts = {
  refreshes: measureRefreshes,
  peers: measurePeers,
  scale: measureScale,
  profile: profileRefreshes,
  instances: measureInstances,
} as const satisfies Readonly<Record<string, (bench: Bench) => Promise<string>>>;

const names = ['refreshes', 'peers', 'scale', 'profile', 'instances'] as const;

const explanation = `
refreshes  the cost of a refresh beside the same exchange without one; also to var/bench
peers      the same beside other servers that refresh tokens, which are installed at first use
scale      from a thousand sessions to a million: speed, size, growth, start and purge; ten million with --full
profile    where the time of a refresh is spent, by stage and by function, and the source files that it passes
instances  one, two and four instances over one PostgreSQL
ab         the working tree beside another commit: see \`npm run bench -- ab --help\`;
memory growth is a part of \`npm run prove -- soak\``;

export function run(args: readonly string[], output?: Output): Promise<number> {
  return runCommand(
    'bench',
    args,
    (command, print) => {
      command
        .description('Measures on this machine and prints figures.')
        .addArgument(new Argument('[parts...]', 'the parts to measure; refreshes unless given').choices(names))
        .option('--full', 'more and longer rounds; without parts: refreshes, peers and scale')
        .option('--show', 'keep the results for the README, which `npm run generate` updates')
        .addHelpText('after', explanation)
        .action(async (chosen, { full = false }) => {
          const usual = full ? (['refreshes', 'peers', 'scale'] as const) : (['refreshes'] as const);
          for (const part of chosen.length === 0 ? usual : chosen) {
            print(await withBench(full, parts[part]));
          }
        });
      command
        .command('ab')
        .description('Measures the working tree (A) beside another state of it (B), in alternating order.')
        .argument('<ref>', 'a commit, or the folder of a checkout')
        .option('--rounds <count>', 'rounds, each of which measures both', numberFrom(1), 12)
        .option('--seconds <seconds>', 'length of a measurement', numberFrom(0.1), 1.5)
        .option('--clients <count>', 'simultaneous clients', numberFrom(1), 64)
        .addOption(
          new Option('--contract <name>', 'the contract to refresh').choices(contracts).default('xerial' as const),
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
