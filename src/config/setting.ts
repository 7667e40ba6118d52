// Types of settings: how a text is parsed, and how an invalid one is refused.
import { isIP } from 'node:net';
import { RefractError } from '../errors.ts';

/** A type of setting. */
export interface Kind<Value> {
  readonly unit?: 's' | 'ms';
  readonly choices?: readonly string[];
  /** Whether a relative value starts from the working folder. */
  readonly isPath?: true;
  /** @param name of the setting or flag, for messages. @throws RefractError `configuration` for an invalid text */
  readonly parse: (text: string, name: string) => Value;
}

/** A setting, with its documentation. */
export interface Setting<Value> {
  /** The name in the environment and in the configuration file. */
  readonly variable: string;
  readonly kind: Kind<unknown>;
  /** The default as documented, without its unit. */
  readonly standard: string;
  /** Its description. */
  readonly sentence: string;
  /** The command-line flag, with its argument. */
  readonly flag?: string;
  /** Whether the value must not be printed, or be readable by other accounts. */
  readonly isSecret?: true;
  /** Parses a text; `undefined` is the default. @param name for messages. @throws RefractError `configuration` for an invalid text */
  readonly read: (text: string | undefined, name?: string) => Value;
}

interface SettingOptions {
  readonly flag?: string;
  readonly isSecret?: true;
  /** The default in words, if it is not a constant. */
  readonly defaultText?: string;
}

export function setting<Value, const Default extends Value | undefined>(
  variable: string,
  kind: Kind<Value>,
  standard: Default,
  sentence: string,
  { defaultText = 'none', ...options }: SettingOptions = {},
): Setting<Value | Default> {
  return {
    variable,
    kind,
    standard: standard === undefined ? defaultText : String(standard),
    sentence: kind.choices === undefined ? sentence : `${sentence} One of: ${kind.choices.join(', ')}.`,
    ...options,
    read: (text, name = variable) => (text === undefined ? standard : kind.parse(text, name)),
  };
}

const invalid = Symbol('invalid');

/** @param wanted what a valid text is, for messages, which repeat an invalid one */
function kindOf<Value>(wanted: string, parse: (text: string) => Value | typeof invalid): Kind<Value> {
  return {
    parse: (text, name) => {
      const value = parse(text);
      if (value !== invalid) return value;
      throw new RefractError('configuration', `${name} must be ${wanted}, not ${JSON.stringify(text)}.`);
    },
  };
}

/** The same for texts that may contain a password, which messages never repeat. */
function secretKindOf(findProblem: (text: string) => string | undefined): Kind<string> {
  return {
    parse: (text, name) => {
      const problem = findProblem(text);
      if (problem === undefined) return text;
      throw new RefractError('configuration', `${name} ${problem}.`);
    },
  };
}

export function integer(least: number, most: number, unit?: 's' | 'ms'): Kind<number> {
  const kind = kindOf(`a whole number from ${String(least)} to ${String(most)}`, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : invalid;
  });
  return { ...kind, ...(unit && { unit }) };
}

export function choice<const Value extends string>(...choices: readonly Value[]): Kind<Value> {
  const find = (text: string): Value | typeof invalid => choices.find((value) => value === text) ?? invalid;
  return { ...kindOf(`one of ${choices.join(', ')}`, find), choices };
}

export function pattern(shape: RegExp, wanted: string): Kind<string> {
  return kindOf(wanted, (text) => (shape.test(text) ? text : invalid));
}

export const text = secretKindOf((text) =>
  text === '' ? 'must not be empty; leave it out for the default' : undefined,
);

export const path: Kind<string> = { ...text, isPath: true };

/** SQLite would open `:memory:` without a file, and an address as a file. */
export const databaseFile: Kind<string> = {
  ...secretKindOf((value) => {
    if (value === '') return 'must not be empty; leave it out for the default';
    if (value.trim() === value && !/^(:|\w[\w+.-]+:)/.test(value)) return undefined;
    return 'must be the path of a file, without a scheme (sqlite:, :memory:) or surrounding white space';
  }),
  isPath: true,
};

/** The address of a PostgreSQL database. */
export const databaseAddress = secretKindOf((text) => {
  const wanted = 'must be an address such as postgres://refract@127.0.0.1:5432/refract';
  const rest = /^postgres(?:ql)?:\/\/(.+)$/s.exec(text)?.[1];
  if (rest === undefined) return wanted;
  const [authority = ''] = rest.split(/[/?#]/, 1);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const isValid = URL.canParse(text);
  if (!isValid && rest.slice(authority.length).includes('@')) {
    return 'has an @ after its host: write / ? # in a password as %2F %3F %23';
  }
  if (host.includes(',')) return 'names several hosts; name the primary alone';
  if (!isValid && host === '') return 'has no host; write a socket as postgres://refract@%2Frun%2Fpostgresql/refract';
  return isValid ? undefined : wanted;
});

export const origin = kindOf('an origin such as http://127.0.0.1:4010, without a path', (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.href === `${url?.origin ?? ''}/` && /^https?:$/.test(url.protocol) ? url.origin : invalid;
});

/** The trusted proxies, in Express's form. */
export const proxies = kindOf<number | string | undefined>(
  'none, a number from 1 to 9, or addresses and networks separated by commas',
  (text) => {
    if (text === 'none') return undefined;
    if (/^[1-9]$/.test(text)) return Number(text);
    return text.split(',').every(isNetwork) ? text : invalid;
  },
);

function isNetwork(part: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(part)) return true;
  const [address = '', prefix] = part.split('/');
  const version = isIP(address);
  return version !== 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && +prefix <= (version === 4 ? 32 : 128)));
}
