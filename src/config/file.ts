// The configuration file: settings as in the environment, one a line, in the format of Node's `util.parseEnv`. Lines that
// Node would silently ignore or cut short are refused.
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { RefractError } from '../errors.ts';

export interface SettingsFile {
  readonly path: string;
  /** Whether accounts other than its owner's may read it. */
  readonly isReadByOthers: boolean;
  /** By name, with file and line. */
  readonly settings: ReadonlyMap<string, { readonly text: string; readonly place: string }>;
}

/** @throws RefractError `configuration` without any value of the file, which may be a secret */
export function readSettingsFile(path: string): SettingsFile {
  const { mode, bytes } = readOnce(path);
  const settings = new Map<string, { text: string; place: string }>();
  for (const [index, line] of decode(path, bytes).split(/\r?\n/).entries()) {
    const place = `${path}:${String(index + 1)}`;
    const parsed = parseLine(line, (problem) => new RefractError('configuration', `${place}: ${problem}`));
    if (parsed === undefined) continue;
    const [name, text] = parsed;
    const before = settings.get(name);
    if (before !== undefined) {
      const first = before.place.slice(path.length + 1);
      throw new RefractError('configuration', `${place}: ${name} is set in line ${first} already; remove one of them.`);
    }
    settings.set(name, { text, place });
  }
  return { path, isReadByOthers: (mode & 0o077) !== 0, settings };
}

/** Mode and content of the same file, even if its name is replaced meanwhile. */
function readOnce(path: string): { readonly mode: number; readonly bytes: Uint8Array } {
  try {
    const descriptor = openSync(path, 'r');
    try {
      return { mode: fstatSync(descriptor).mode, bytes: readFileSync(descriptor) };
    } finally {
      closeSync(descriptor);
    }
  } catch (reason) {
    const code = reason instanceof Error && 'code' in reason ? String(reason.code) : 'unknown';
    const problem = readProblems[code] ?? `cannot be read (${code})`;
    throw new RefractError('configuration', `The configuration file ${path} ${problem}.`);
  }
}

const readProblems: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder',
  EACCES: 'cannot be read by this account',
};

function decode(path: string, bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    throw new RefractError('configuration', `The configuration file ${path} is not UTF-8.`);
  }
  throw new RefractError('configuration', `The configuration file ${path} contains a NUL character.`);
}

/** A quoted value, followed by at most a comment; the same quote inside would end it. */
const quotedPattern = /^(["'`])(?:(?!\1).)*\1\s*(#.*)?$/;

function parseLine(line: string, fail: (problem: string) => Error): readonly [name: string, text: string] | undefined {
  if (/^\s*(#.*)?$/.test(line)) return undefined;
  const [, value] = /^\s*(?:export +)?[A-Za-z_]\w*\s*=\s*(.*)$/.exec(line) ?? [];
  const [[name, text] = []] = Object.entries(parseEnv(line));
  if (value === undefined || name === undefined || text === undefined) {
    throw fail('This line is neither NAME=value nor a comment.');
  }
  if (!/^["'`]/.test(value)) {
    if (/\S#/.test(value)) throw fail(`The value of ${name} would end at its #; put it in quotes.`);
  } else if (!quotedPattern.test(value)) {
    throw fail(`The value of ${name} does not end with its opening quote.`);
  } else if (text.includes('\n')) {
    throw fail(`\\n in double quotes would break the value of ${name}; use single quotes.`);
  }
  return [name, text];
}
