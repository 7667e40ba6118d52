// Who has given a setting: the command line wins over the environment, and the environment over the configuration file.
import { isRefractError, RefractError } from '../errors.ts';
import type { SettingsFile } from './file.ts';
import type { Setting } from './setting.ts';

export interface Given {
  /** @throws RefractError `configuration` where it does not fit */
  readonly valueOf: <Value>(setting: Setting<Value>, flag?: string) => Value;
  /** The names that the file has, each with whether something else has won over it. */
  readonly fromFile: () => ReadonlyMap<string, { readonly isOverruled: boolean }>;
  /** @throws RefractError `configuration` for the first name that no setting has, once all were asked for */
  readonly refuseUnknown: () => void;
}

/** Settings that were given, to be asked for one by one. */
export function givenBy(
  environment: Readonly<Record<string, string | undefined>>,
  file: SettingsFile | undefined,
): Given {
  const known = new Set<string>();
  const fromFile = new Map<string, { readonly isOverruled: boolean }>();
  return {
    valueOf: (setting, flag) => {
      const { variable, isSecret } = setting;
      known.add(variable);
      const wins = flag ?? environment[variable];
      const written = file?.settings.get(variable);
      if (file === undefined || written === undefined) return setting.read(wins);
      if (isSecret && file.isReadByOthers) {
        throw new RefractError(
          'configuration',
          `${file.path} holds ${variable} and is open to others; run: chmod 600 ${file.path}`,
        );
      }
      fromFile.set(variable, { isOverruled: wins !== undefined });
      return wins === undefined
        ? readAt(`${file.path}:${String(written.line)}`, setting, written.text)
        : setting.read(wins);
    },
    fromFile: () => fromFile,
    refuseUnknown: () => {
      const isUnknown = (name: string): boolean => !known.has(name);
      const unknown = Object.keys(environment).find((name) => name.startsWith('REFRACT_') && isUnknown(name));
      if (unknown !== undefined) throw new RefractError('configuration', noSetting(unknown, known));
      for (const [name, { line }] of file?.settings ?? []) {
        if (isUnknown(name))
          throw new RefractError('configuration', `${file?.path ?? ''}:${String(line)}: ${noSetting(name, known)}`);
      }
    },
  };
}

function readAt<Value>(place: string, setting: Setting<Value>, text: string): Value {
  try {
    return setting.read(text);
  } catch (reason) {
    throw isRefractError(reason, 'configuration')
      ? new RefractError('configuration', `${place}: ${reason.message}`)
      : reason;
  }
}

/** Nearly all have the prefix and a few have not, which is the likeliest mistake. */
function noSetting(name: string, known: ReadonlySet<string>): string {
  const meant = [`REFRACT_${name}`, name.replace(/^REFRACT_/, '')].find((one) => known.has(one));
  return `There is no setting ${name}; ${meant === undefined ? 'the README lists those there are' : `there is ${meant}`}.`;
}
