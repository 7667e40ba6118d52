// The configuration file: names and values as the environment has them, one a line, in the format of Node's own
// `util.parseEnv`. What that would leave out or cut short without a word is refused here by its line.
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { RefractError } from '../errors.ts';

export interface SettingsFile {
  readonly path: string;
  /** Whether an account other than its owner's may read it. */
  readonly isReadByOthers: boolean;
  /** By name. */
  readonly settings: ReadonlyMap<string, { readonly text: string; readonly line: number }>;
}

/** @throws RefractError `configuration` that has no value of the file in it: one of them may be a secret */
export function readSettingsFile(path: string): SettingsFile {
  const { mode, bytes } = contentOf(path);
  const settings = new Map<string, { text: string; line: number }>();
  for (const [index, written] of textOf(path, bytes).split(/\r?\n/).entries()) {
    const line = index + 1;
    const [name, text] = settingIn(written, `${path}:${String(line)}`) ?? [];
    if (name === undefined || text === undefined) continue;
    const before = settings.get(name);
    if (before !== undefined) {
      throw new RefractError(
        'configuration',
        `${path}:${String(line)}: ${name} is in line ${String(before.line)} already.`,
      );
    }
    settings.set(name, { text, line });
  }
  return { path, isReadByOthers: (mode & 0o077) !== 0, settings };
}

function contentOf(path: string): { readonly mode: number; readonly bytes: Uint8Array } {
  try {
    const descriptor = openSync(path, 'r');
    try {
      // Of what was opened, so that nobody puts another file in its place in between.
      return { mode: fstatSync(descriptor).mode, bytes: readFileSync(descriptor) };
    } finally {
      closeSync(descriptor);
    }
  } catch (reason) {
    const code = reason instanceof Error && 'code' in reason ? String(reason.code) : 'unknown';
    throw new RefractError(
      'configuration',
      `The configuration file ${path} ${whyUnread[code] ?? `cannot be read (${code})`}.`,
    );
  }
}

const whyUnread: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EISDIR: 'is a folder',
  EACCES: 'cannot be read by this account',
};

function textOf(path: string, bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    throw new RefractError('configuration', `The configuration file ${path} is not UTF-8.`);
  }
  throw new RefractError('configuration', `The configuration file ${path} has a NUL character in it.`);
}

/** A value in quotes, with nothing but a comment behind them; a quote inside of them would end it. */
const quoted = /^(["'`])(?:(?!\1).)*\1\s*(#.*)?$/;

function settingIn(written: string, place: string): readonly [name: string, text: string] | undefined {
  if (/^\s*(#.*)?$/.test(written)) return undefined;
  const [, value] = /^\s*(?:export +)?[A-Za-z_]\w*\s*=\s*(.*)$/.exec(written) ?? [];
  const [setting] = Object.entries(parseEnv(written));
  if (value === undefined || setting?.[1] === undefined) {
    throw new RefractError('configuration', `${place}: This line is neither NAME=value nor a comment.`);
  }
  if (/^["'`]/.test(value)) {
    if (!quoted.test(value)) {
      throw new RefractError(
        'configuration',
        `${place}: The value of ${setting[0]} does not end with the quote that it begins with.`,
      );
    }
    if (setting[1].includes('\n')) {
      throw new RefractError(
        'configuration',
        `${place}: \\n in double quotes would break the value of ${setting[0]}; use single quotes.`,
      );
    }
  } else if (/\S#/.test(value)) {
    throw new RefractError(
      'configuration',
      `${place}: The value of ${setting[0]} would end at its #; put it in quotes.`,
    );
  }
  return [setting[0], setting[1]];
}
