// The configuration file: settings as in the environment, one a line, in the format of Node's `util.parseEnv`. A line that
// Node would leave out or cut short silently is refused here by its number.
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { RefractError } from '../errors.ts';

export interface SettingsFile {
  readonly path: string;
  /** Whether accounts other than its owner's may read it. */
  readonly isReadByOthers: boolean;
  /** By name. */
  readonly settings: ReadonlyMap<string, { readonly text: string; readonly place: string }>;
}

/** @throws RefractError `configuration` with one sentence without any value of the file: one of them may be a secret */
export function readSettingsFile(path: string): SettingsFile {
  const { mode, bytes } = contentOf(path);
  const settings = new Map<string, { text: string; place: string }>();
  for (const [index, line] of textOf(path, bytes).split(/\r?\n/).entries()) {
    const place = `${path}:${String(index + 1)}`;
    const [name, text] = settingIn(line, place) ?? [];
    if (name === undefined || text === undefined) continue;
    const before = settings.get(name);
    if (before !== undefined) {
      throw new RefractError(
        'configuration',
        `${place}: ${name} is in line ${before.place.slice(path.length + 1)} already.`,
      );
    }
    settings.set(name, { text, place });
  }
  return { path, isReadByOthers: (mode & 0o077) !== 0, settings };
}

function contentOf(path: string): { readonly mode: number; readonly bytes: Uint8Array } {
  try {
    const descriptor = openSync(path, 'r');
    try {
      // Both are of the opened file, even if its name leads to another one by now.
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
  ENOENT: 'does not exist',
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

/** A quoted value, followed by at most a comment; the same quote inside would end it. */
const quoted = /^(["'`])(?:(?!\1).)*\1\s*(#.*)?$/;

function settingIn(line: string, place: string): readonly [name: string, text: string] | undefined {
  if (/^\s*(#.*)?$/.test(line)) return undefined;
  const [, value] = /^\s*(?:export +)?[A-Za-z_]\w*\s*=\s*(.*)$/.exec(line) ?? [];
  const [[name, text] = []] = Object.entries(parseEnv(line));
  if (value === undefined || name === undefined || text === undefined) {
    throw new RefractError('configuration', `${place}: This line is neither NAME=value nor a comment.`);
  }
  if (!/^["'`]/.test(value)) {
    if (/\S#/.test(value))
      throw new RefractError('configuration', `${place}: The value of ${name} would end at its #; put it in quotes.`);
  } else if (!quoted.test(value)) {
    throw new RefractError(
      'configuration',
      `${place}: The value of ${name} does not end with the quote that it begins with.`,
    );
  } else if (text.includes('\n')) {
    throw new RefractError(
      'configuration',
      `${place}: \\n in double quotes would break the value of ${name}; use single quotes.`,
    );
  }
  return [name, text];
}
