// Reads the configuration: the command line overrides the environment, which overrides the configuration file.
import { isAbsolute, join } from 'node:path';
import { isRefractError, RefractError } from './errors.ts';
import { readSettingsFile, type SettingsFile } from './config/file.ts';
import { contractSettings, namedFor, settings } from './config/settings.ts';
import type { Setting } from './config/setting.ts';

export type { Setting } from './config/setting.ts';
export { contractSettings, namedFor, settings } from './config/settings.ts';

type ValueOf<Of> = Of extends Setting<infer Value> ? Value : never;
type Values<Table> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };
type GivenValues<Table> = { readonly [Name in keyof Table]?: Exclude<ValueOf<Table[Name]>, undefined> };

export type SettingName = keyof typeof settings;

/** Settings from the command line. */
export type Flags = Readonly<Partial<Record<SettingName, string>>>;

/** The value of every setting. */
export interface Config extends Values<typeof settings> {
  /** By contract name. */
  readonly contracts: ReadonlyMap<string, GivenValues<typeof contractSettings>>;
  /** Settings of the configuration file by name, with whether environment or command line overrides them. */
  readonly fromFile: ReadonlyMap<string, { readonly isOverruled: boolean }>;
}

/**
 * @param contractNames the names of all contracts
 * @param folder that relative paths start from; without it they stay relative
 * @throws RefractError `configuration` for an invalid value, an unknown REFRACT_ setting, any unknown name in the file, or an
 * unusable file
 */
export function readConfig(
  contractNames: readonly string[],
  flags: Flags,
  environment: Readonly<Record<string, string | undefined>>,
  folder = '',
): Config {
  const { configFile } = settings;
  const path = configFile.read(flags.configFile ?? environment[configFile.variable]);
  const file = path === undefined ? undefined : readSettingsFile(inFolder(folder, path));
  const own = file?.settings.get(configFile.variable);
  if (own !== undefined)
    throw new RefractError(
      'configuration',
      `${own.place}: ${configFile.variable} cannot be set in the file itself; remove the line.`,
    );

  const known = new Set<string>();
  const fromFile = new Map<string, { readonly isOverruled: boolean }>();
  const readAll = (table: Readonly<Record<string, Setting<unknown>>>, flagTexts: Readonly<Record<string, string>>) =>
    Object.entries(table).map(([name, setting]) => {
      const { variable, kind } = setting;
      known.add(variable);
      const winner = flagTexts[name] ?? environment[variable];
      const written = writtenIn(file, setting);
      if (written !== undefined) fromFile.set(variable, { isOverruled: winner !== undefined });
      const value = winner === undefined && written !== undefined ? readAt(written, setting) : setting.read(winner);
      return [name, kind.isPath && typeof value === 'string' ? inFolder(folder, value) : value] as const;
    });
  const contracts = new Map(
    contractNames.map((contract) => {
      const table = Object.entries(contractSettings).map(
        ([name, setting]) => [name, namedFor<unknown>(contract, setting)] as const,
      );
      const values = readAll(Object.fromEntries<Setting<unknown>>(table), {}).filter(
        ([, value]) => value !== undefined,
      );
      // The table determines the type of each value.
      return [contract, Object.fromEntries(values)];
    }),
  );
  // The same.
  const values = Object.fromEntries(readAll(tableFor(flags), flags)) as Values<typeof settings>;
  refuseUnknown(environment, file, known);
  return { ...values, contracts, fromFile };
}

export function inFolder(folder: string, path: string): string {
  return folder === '' || isAbsolute(path) ? path : join(folder, path);
}

/** A SQLite file on the command line overrides a PostgreSQL address from elsewhere. */
function tableFor({ database }: Flags): Readonly<Record<string, Setting<unknown>>> {
  if (database === undefined) return settings;
  return { ...settings, databaseUrl: { ...settings.databaseUrl, read: () => undefined } };
}

interface Written {
  readonly text: string;
  /** File and line. */
  readonly place: string;
}

/** @throws RefractError `configuration` for a secret in a file that others may read, even if it is overridden */
function writtenIn(file: SettingsFile | undefined, { variable, isSecret }: Setting<unknown>): Written | undefined {
  const written = file?.settings.get(variable);
  if (file !== undefined && written !== undefined && isSecret === true && file.isReadByOthers) {
    throw new RefractError(
      'configuration',
      `${file.path} contains ${variable} and is open to others; run: chmod 600 ${file.path}`,
    );
  }
  return written;
}

function readAt({ text, place }: Written, setting: Setting<unknown>): unknown {
  try {
    return setting.read(text);
  } catch (reason) {
    throw isRefractError(reason, 'configuration')
      ? new RefractError('configuration', `${place}: ${reason.message}`)
      : reason;
  }
}

/** The environment contains names of other programs; every name in the file must be a setting. */
function refuseUnknown(
  environment: Readonly<Record<string, string | undefined>>,
  file: SettingsFile | undefined,
  known: ReadonlySet<string>,
): void {
  const unknown = Object.keys(environment).find((name) => name.startsWith('REFRACT_') && !known.has(name));
  if (unknown !== undefined) throw new RefractError('configuration', describeUnknown(unknown, known));
  for (const [name, { place }] of file?.settings ?? []) {
    if (!known.has(name)) throw new RefractError('configuration', `${place}: ${describeUnknown(name, known)}`);
  }
}

function describeUnknown(name: string, known: ReadonlySet<string>): string {
  const bare = (one: string): string => one.toUpperCase().replace(/^REFRACT_/, '');
  const mostEdits = bare(name).length < 4 ? 1 : 2;
  const [similar] = [...known]
    .map((one) => ({ one, edits: countEdits(bare(name), bare(one)) }))
    .filter(({ edits }) => edits <= mostEdits)
    .sort((a, b) => a.edits - b.edits);
  const advice = similar === undefined ? 'The README lists all settings.' : `Did you mean ${similar.one}?`;
  return `Unknown setting ${name}. ${advice}`;
}

/** The Levenshtein distance of two words. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let index = 0; index < from.length; index += 1) {
    const next = [index + 1];
    for (let column = 0; column < to.length; column += 1) {
      const replaced = (row[column] ?? 0) + (from[index] === to[column] ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
