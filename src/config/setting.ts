// What a setting can be: how its text is read, and how one that does not fit is refused.
import { RefractError } from '../errors.ts';
import { addressTrouble } from './address.ts';

/** One setting, as documented and as read. */
export interface Setting<Value> {
  /** The name in the environment. */
  readonly variable: string;
  /** The default, as a reader would write it. */
  readonly standard: string;
  readonly sentence: string;
  /** Whether whoever reads its value could pass for somebody else. */
  readonly isSecret?: true;
  /** @throws RefractError `configuration` where the text does not fit; `undefined` asks for the default */
  readonly read: (text: string | undefined) => Value;
}

/** A setting whose default is the contract's own. */
export function orDefault<Value>(setting: Setting<Value>): Setting<Value | undefined> {
  return {
    ...setting,
    standard: "the contract's",
    read: (given) => (given === undefined ? undefined : setting.read(given)),
  };
}

export function integer(
  name: string,
  standard: number,
  least: number,
  most: number,
  sentence: string,
): Setting<number> {
  return {
    variable: name,
    standard: String(standard),
    sentence,
    read: (given) => {
      if (given === undefined) return standard;
      const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
      if (value >= least && value <= most) return value;
      throw new RefractError(
        'configuration',
        `${name} must be a whole number from ${String(least)} to ${String(most)}, not ${JSON.stringify(given)}.`,
      );
    },
  };
}

export function text(name: string, standard: string, sentence: string): Setting<string> {
  return {
    variable: name,
    standard,
    sentence,
    read: (given) => {
      if (given === '') throw new RefractError('configuration', `${name} must not be empty.`);
      return given ?? standard;
    },
  };
}

/**
 * A file of SQLite. To SQLite `:memory:` is no file and white space at an end is nothing; an address would be taken for
 * the name of a new, empty file, and may hold a password, so that what was given is not repeated.
 */
export function databaseFile(name: string, standard: string, sentence: string): Setting<string> {
  const plain = text(name, standard, sentence);
  return {
    ...plain,
    read: (given) => {
      if (given !== undefined && (given.trim() !== given || /^(:|\w[\w+.-]+:)/.test(given))) {
        throw new RefractError(
          'configuration',
          `${name} must be the path of a file, without an address or a scheme (sqlite:, :memory:) and without white space at an end.`,
        );
      }
      return plain.read(given);
    },
  };
}

export function optional(name: string, standard: string, sentence: string): Setting<string | undefined> {
  return {
    variable: name,
    standard,
    sentence,
    read: (given) => {
      if (given === '')
        throw new RefractError('configuration', `${name} must not be empty; leave it out for the default.`);
      return given;
    },
  };
}

/** Where a database is; it may hold a password, so that what was given is never repeated. */
export function databaseAddress(name: string, standard: string, sentence: string): Setting<string | undefined> {
  return {
    variable: name,
    standard,
    sentence,
    isSecret: true,
    read: (given) => {
      if (given === undefined) return undefined;
      const trouble = addressTrouble(given);
      if (trouble === undefined) return given;
      throw new RefractError('configuration', `${name} ${trouble}.`);
    },
  };
}

/** One whose value nobody else is to read. */
export function secret(name: string, sentence: string): Setting<string | undefined> {
  return { ...optional(name, 'none', sentence), isSecret: true };
}

export function origin(name: string, standard: string, sentence: string): Setting<string | undefined> {
  return {
    variable: name,
    standard,
    sentence,
    read: (given) => {
      if (given === undefined) return undefined;
      const url = URL.canParse(given) ? new URL(given) : undefined;
      // Whatever else a URL may have, this one ends where its path begins.
      if (url?.href === `${url?.origin ?? ''}/` && /^https?:$/.test(url.protocol)) return url.origin;
      throw new RefractError(
        'configuration',
        `${name} must be an origin such as http://127.0.0.1:4010, without a path, not ${JSON.stringify(given)}.`,
      );
    },
  };
}

export function pattern(
  name: string,
  standard: string,
  shape: RegExp,
  shapeText: string,
  sentence: string,
): Setting<string> {
  return {
    variable: name,
    standard,
    sentence,
    read: (given) => {
      if (given === undefined || shape.test(given)) return given ?? standard;
      throw new RefractError('configuration', `${name} must be ${shapeText}, not ${JSON.stringify(given)}.`);
    },
  };
}

export function choice<const Value extends string>(
  name: string,
  standard: NoInfer<Value>,
  choices: readonly Value[],
  sentence: string,
): Setting<Value> {
  return {
    variable: name,
    standard,
    sentence: `${sentence} One of: ${choices.join(', ')}.`,
    read: (given) => {
      if (given === undefined) return standard;
      const chosen = choices.find((value) => value === given);
      if (chosen !== undefined) return chosen;
      throw new RefractError(
        'configuration',
        `${name} must be one of ${choices.join(', ')}, not ${JSON.stringify(given)}.`,
      );
    },
  };
}
