// Writes the README's tables from what they describe: settings, contracts, lifetimes, and figures that scripts printed.
// With `--check` nothing is written, and the exit code is 1 where a table is stale (npm run generate).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { isForeseen } from '../src/errors.ts';
import { loadContracts, type LoadedContract } from '../src/app/contracts.ts';
import { duration } from '../src/console/facts.ts';
import { contractSettings, namedFor, settings, type Setting } from '../src/config.ts';
import { resolveSettings } from '../src/engine/policy.ts';

const file = fileURLToPath(new URL('../README.md', import.meta.url));

/** The README with all its tables as they should be. @throws Error where a table's place is missing */
export async function withTables(readme: string, contracts: readonly LoadedContract[]): Promise<string> {
  const tables = {
    contracts: contractTable(contracts),
    lifetimes: lifetimeTable(contracts),
    settings: settingTable(),
    proofs: shown('prove'),
    speeds: shown('bench'),
  };
  let text = readme;
  for (const [name, table] of Object.entries(tables)) {
    const place = new RegExp(`(<!-- ${name}: generated -->\n)[^]*?(<!-- /${name} -->)`);
    if (!place.test(text)) throw new Error(`README.md has no place for the table of ${name}.`);
    text = text.replace(place, (_all, open: string, close: string) => `${open}\n${table}\n\n${close}`);
  }
  return format(text, { ...(await resolveConfig(file)), parser: 'markdown' });
}

/** What a script has printed, and kept to be shown. */
function shown(script: 'prove' | 'bench'): string {
  const folder = fileURLToPath(new URL(`./${script}/results/`, import.meta.url));
  const texts = readdirSync(folder).filter((name) => name.endsWith('.md'));
  return texts.map((name) => readFileSync(folder + name, 'utf8').trim()).join('\n\n');
}

function contractTable(contracts: readonly LoadedContract[]): string {
  return table(
    ['contract', 'request', 'answers', 'document'],
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
  const present = readFileSync(file, 'utf8');
  const wanted = await withTables(present, await loadContracts()).catch((reason: unknown) => {
    if (!isForeseen(reason)) throw reason;
    // A document whose adapter is still to be written is no reason to stop the writing of its types.
    console.error(`README.md is left as it is: ${reason.message}`);
    process.exitCode = isCheck ? 1 : 0;
    return present;
  });
  if (present !== wanted && isCheck) {
    console.error('README.md does not match what it describes; run `npm run generate`.');
    process.exitCode = 1;
  } else if (present !== wanted) {
    writeFileSync(file, wanted);
    console.log('wrote README.md');
  }
}
