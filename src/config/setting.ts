// What a setting can be: how its text is read, and how a text that does not fit is refused.
import { isIP } from 'node:net';
import { RefractError } from '../errors.ts';

/** A type of values. */
export interface Kind<Value> {
  readonly unit?: 's' | 'ms';
  readonly choices?: readonly string[];
  /** Whether a relative value is a path below the working folder. */
  readonly isPath?: true;
  /** @param name of the setting or flag. @throws RefractError `configuration` where the text does not fit */
  readonly parse: (text: string, name: string) => Value;
}

/** One setting, as documented and as read. */
export interface Setting<Value> {
  /** Its name in the environment and in the configuration file. */
  readonly variable: string;
  readonly kind: Kind<unknown>;
  /** The default as a reader would write it, without its unit. */
  readonly standard: string;
  /** What it does. */
  readonly sentence: string;
  /** The command-line flag, with its argument. */
  readonly flag?: string;
  /** Whether its value must not be printed or be readable by other accounts. */
  readonly isSecret?: true;
  /** @param name to use in messages. @throws RefractError `configuration` where the text does not fit; `undefined` asks for the default */
  readonly read: (text: string | undefined, name?: string) => Value;
}

interface SettingOptions {
  readonly flag?: string;
  readonly isSecret?: true;
  /** The default in words, where it is no constant. */
  readonly shown?: string;
}

export function setting<Value, const Default extends Value | undefined>(
  variable: string,
  kind: Kind<Value>,
  standard: Default,
  sentence: string,
  { shown = 'none', ...options }: SettingOptions = {},
): Setting<Value | Default> {
  return {
    variable,
    kind,
    standard: standard === undefined ? shown : String(standard),
    sentence: kind.choices === undefined ? sentence : `${sentence} One of: ${kind.choices.join(', ')}.`,
    ...options,
    read: (text, name = variable) => (text === undefined ? standard : kind.parse(text, name)),
  };
}

export function integer(least: number, most: number, unit?: 's' | 'ms'): Kind<number> {
  return {
    ...(unit && { unit }),
    parse: (text, name) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (value >= least && value <= most) return value;
      throw misfit(name, `a whole number from ${String(least)} to ${String(most)}`, text);
    },
  };
}

export function choice<const Value extends string>(...choices: readonly Value[]): Kind<Value> {
  return {
    choices,
    parse: (text, name) => {
      const chosen = choices.find((value) => value === text);
      if (chosen !== undefined) return chosen;
      throw misfit(name, `one of ${choices.join(', ')}`, text);
    },
  };
}

export function pattern(shape: RegExp, description: string): Kind<string> {
  return {
    parse: (text, name) => {
      if (shape.test(text)) return text;
      throw misfit(name, description, text);
    },
  };
}

export const text: Kind<string> = {
  parse: (text, name) => {
    if (text !== '') return text;
    throw new RefractError('configuration', `${name} must not be empty; leave it out for the default.`);
  },
};

export const path: Kind<string> = { ...text, isPath: true };

/** SQLite takes `:memory:` for no file and an address for a new file's name. An address may hold a password: never repeat it. */
export const databaseFile: Kind<string> = {
  isPath: true,
  parse: (text, name) => {
    if (text.trim() === text && !/^(:|\w[\w+.-]+:)/.test(text)) return path.parse(text, name);
    throw new RefractError(
      'configuration',
      `${name} must be a file's path, without a scheme (sqlite:, :memory:) or white space at either end.`,
    );
  },
};

/** A PostgreSQL database. It may hold a password: never repeat it. */
export const databaseAddress: Kind<string> = {
  parse: (text, name) => {
    const problem = addressProblem(text);
    if (problem === undefined) return text;
    throw new RefractError('configuration', `${name} ${problem}.`);
  },
};

function addressProblem(text: string): string | undefined {
  const unlike = 'must be an address such as postgres://refract@127.0.0.1:5432/refract';
  const rest = /^postgres(?:ql)?:\/\/(.+)$/s.exec(text)?.[1];
  if (rest === undefined) return unlike;
  const [authority = ''] = rest.split(/[/?#]/, 1);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const isReadable = URL.canParse(text);
  if (!isReadable && rest.slice(authority.length).includes('@')) {
    return 'has an @ after its host: write / ? # in a password as %2F %3F %23';
  }
  if (host.includes(',')) return 'names several hosts; name one that leads to the primary';
  if (!isReadable && host === '') {
    return 'names no host; a socket in /run/postgresql is written as postgres://refract@%2Frun%2Fpostgresql/refract';
  }
  return isReadable ? undefined : unlike;
}

export const origin: Kind<string> = {
  parse: (text, name) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.href === `${url?.origin ?? ''}/` && /^https?:$/.test(url.protocol)) return url.origin;
    throw misfit(name, 'an origin such as http://127.0.0.1:4010, without a path', text);
  },
};

/** Which proxies are trusted, as Express takes it. */
export const proxies: Kind<number | string | undefined> = {
  parse: (text, name) => {
    if (text === 'none') return undefined;
    if (/^[1-9]$/.test(text)) return Number(text);
    if (text.split(',').every(isNetwork)) return text;
    throw misfit(name, 'none, a number from 1 to 9, or addresses and networks separated by commas', text);
  },
};

function isNetwork(part: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(part)) return true;
  const [address = '', prefix] = part.split('/');
  const version = isIP(address);
  return version !== 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && +prefix <= (version === 4 ? 32 : 128)));
}

function misfit(name: string, wanted: string, text: string): RefractError {
  return new RefractError('configuration', `${name} must be ${wanted}, not ${JSON.stringify(text)}.`);
}
