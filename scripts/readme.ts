// Writes the tables of the guides from what they describe: contracts, lifetimes, settings, and figures that scripts printed.
// With `--check` nothing is written, and the exit code is 1 where a table is stale (npm run generate).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { isForeseen } from '../src/errors.ts';
import { loadFolder, type LoadedContract } from '../src/app/contracts.ts';
import { duration } from '../src/console/facts.ts';
import { contractSettings, namedFor, settings, type Setting } from '../src/config.ts';
import { resolveSettings } from '../src/engine/policy.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

type Table = 'contracts' | 'lifetimes' | 'settings' | 'proofs' | 'speeds';

/** The tables of each guide, between the comments `<!-- NAME: generated -->` and `<!-- /NAME -->`. */
const guides: Readonly<Record<string, readonly Table[]>> = {
  'README.md': ['contracts', 'lifetimes'],
  'scripts/operations/README.md': ['settings'],
  'scripts/prove/README.md': ['proofs'],
  'scripts/bench/README.md': ['speeds'],
};

/** Returns the guide with current tables. @throws Error if the comments of a table are missing */
async function withTables(guide: string, text: string, tables: Readonly<Record<Table, string>>): Promise<string> {
  let updated = text;
  for (const name of guides[guide] ?? []) {
    const between = new RegExp(`(<!-- ${name}: generated -->\n)[^]*?(<!-- /${name} -->)`);
    if (!between.test(updated)) throw new Error(`${guide} has no comments for the table "${name}".`);
    updated = updated.replace(between, (_all, open: string, close: string) => `${open}\n${tables[name]}\n\n${close}`);
  }
  return format(updated, { ...(await resolveConfig(root + guide)), parser: 'markdown' });
}

/** Returns the tables that `npm run prove` or `npm run bench` printed with `--show`. */
function recordedResults(script: 'prove' | 'bench'): string {
  const folder = `${root}scripts/${script}/results/`;
  const files = readdirSync(folder).filter((name) => name.endsWith('.md'));
  return files.map((name) => readFileSync(folder + name, 'utf8').trim()).join('\n\n');
}

function contractTable(contracts: readonly LoadedContract[]): string {
  return table(
    ['contract', 'request', 'statuses', 'document'],
    contracts.flatMap(({ name, document }) =>
      document.operations.map(({ method, path, responses }) => [
        `\`${name}\``,
        `\`${method.toUpperCase()} ${document.basePath}${path}\``,
        [...responses.keys()].join(' '),
        `[${name}.yaml](openapi/${name}.yaml)`,
      ]),
    ),
  );
}

function lifetimeTable(contracts: readonly LoadedContract[]): string {
  return table(
    ['contract', 'algorithm', 'policy', 'access token', 'refresh token', 'session', 'grace period'],
    contracts.map(({ name, contract }) => {
      const own = resolveSettings(name, contract.defaults, {});
      return [
        `\`${name}\``,
        contract.profile.algorithm,
        own.policy,
        ...[own.accessLifetime, own.refreshLifetime, own.sessionLifetime].map(duration),
        own.policy === 'static' ? '–' : duration(own.gracePeriod),
      ];
    }),
  );
}

function settingTable(): string {
  const rowOf = ({ variable, flag, standard, kind, sentence }: Setting<unknown>): string[] => [
    `\`${variable}\`` + (flag === undefined ? '' : `, \`${flag}\``),
    kind.unit === undefined || !/^\d/.test(standard) ? standard : `${standard} ${kind.unit}`,
    kind.unit === undefined || /^\d/.test(standard) ? sentence : `${sentence} In ${kind.unit}.`,
  ];
  const rows = Object.values(settings).map(rowOf);
  const contractRows = Object.values(contractSettings).map((one) => rowOf(namedFor<unknown>('xerial', one)));
  return table(['setting', 'default', 'what it does'], [...rows, ...contractRows]);
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}

if (import.meta.main) {
  const isCheck = process.argv.includes('--check');
  try {
    const { contracts } = await loadFolder();
    const tables = {
      contracts: contractTable(contracts),
      lifetimes: lifetimeTable(contracts),
      settings: settingTable(),
      proofs: recordedResults('prove'),
      speeds: recordedResults('bench'),
    };
    for (const guide of Object.keys(guides)) {
      const present = readFileSync(root + guide, 'utf8');
      const current = await withTables(guide, present, tables);
      if (present === current) continue;
      if (isCheck) {
        console.error(`${guide} has an outdated table; run npm run generate.`);
        process.exitCode = 1;
      } else {
        writeFileSync(root + guide, current);
        console.log(`wrote ${guide}`);
      }
    }
  } catch (reason) {
    // A document without a finished adapter must not stop `npm run generate` from writing its types.
    if (!isForeseen(reason)) throw reason;
    console.error(`The tables of the guides stay unchanged: ${reason.message}`);
    process.exitCode = isCheck ? 1 : 0;
  }
}
