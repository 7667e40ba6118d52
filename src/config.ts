// Reads the configuration: the command line wins over the environment, which wins over the configuration file.
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

/** The configuration as read. */
export interface Config extends Values<typeof settings> {
  /** By contract name. */
  readonly contracts: ReadonlyMap<string, GivenValues<typeof contractSettings>>;
  /** The settings in the configuration file by name, each with whether the environment or the command line wins over it. */
  readonly fromFile: ReadonlyMap<string, { readonly isOverruled: boolean }>;
}

/**
 * @param contractNames all contracts
 * @param folder that relative paths start from; without it they stay relative
 * @throws RefractError `configuration` with one sentence for a value that does not fit, for an unknown REFRACT_ setting (in the file, for
 * any unknown name), or for an unusable file
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
    throw new RefractError('configuration', `${own.place}: ${configFile.variable} is this file; remove the line.`);

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
      // Each value is of the type that the table gives its name.
      return [contract, Object.fromEntries(values)];
    }),
  );
  // As above.
  const values = Object.fromEntries(readAll(tableFor(flags), flags)) as Values<typeof settings>;
  refuseUnknown(environment, file, known);
  return { ...values, contracts, fromFile };
}

export function inFolder(folder: string, path: string): string {
  return folder === '' || isAbsolute(path) ? path : join(folder, path);
}

/** A file named on the command line wins over an address in the environment or the file. */
function tableFor({ database }: Flags): Readonly<Record<string, Setting<unknown>>> {
  if (database === undefined) return settings;
  return { ...settings, databaseUrl: { ...settings.databaseUrl, read: () => undefined } };
}

interface Written {
  readonly text: string;
  /** File and line. */
  readonly place: string;
}

/** @throws RefractError `configuration` for a secret in a file that others may read, even where another value wins over it */
function writtenIn(file: SettingsFile | undefined, { variable, isSecret }: Setting<unknown>): Written | undefined {
  const written = file?.settings.get(variable);
  if (file !== undefined && written !== undefined && isSecret === true && file.isReadByOthers) {
    throw new RefractError(
      'configuration',
      `${file.path} holds ${variable} and is open to others; run: chmod 600 ${file.path}`,
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

/** In the environment other programs have their names, too; in the file, every name is meant for us. */
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
  const most = bare(name).length < 4 ? 1 : 2;
  const [meant] = [...known]
    .map((one) => ({ one, edits: countEdits(bare(name), bare(one)) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits);
  const advice = meant === undefined ? 'The README lists all settings.' : `Did you mean ${meant.one}?`;
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
