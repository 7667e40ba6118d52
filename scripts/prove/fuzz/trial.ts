// One request as it is made up, and as it goes over the wire once the texts that stand for something are filled in.
import { gzipSync } from 'node:zlib';
import type { WireCall } from '../../../test/shared/wire.ts';

export interface Trial {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** In order; a name may come again. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
  /** How the body's text becomes bytes; `latin1` makes bytes that are no UTF-8. */
  readonly written: 'plain' | 'gzip' | 'latin1';
}

/** What a text between tildes stands for, such as `~living~`; a URL leaves it as it is. */
export type Meanings = Readonly<Record<string, string>>;

export function filledIn(trial: Trial, meanings: Meanings): Trial {
  const fill = (text: string): string =>
    text.replaceAll(/~(\w+)~/g, (written, name: string) => meanings[name] ?? written);
  return {
    ...trial,
    path: fill(trial.path),
    headers: trial.headers.map(([name, value]) => [name, fill(value)] as const),
    body: trial.body && fill(trial.body),
  };
}

export function callOf(trial: Trial): WireCall {
  const body = bytesOf(trial);
  const byName = Object.entries(Object.groupBy(trial.headers, ([name]) => name));
  const headers: Record<string, string | string[]> = {};
  for (const [name, pairs = []] of byName) {
    const values = pairs.map(([, value]) => value);
    headers[name] = values.length === 1 ? values.join() : values;
  }
  // Node leaves the length out where a method usually has no body.
  if (body !== undefined) headers['content-length'] = String(body.length);
  return { method: trial.method, path: trial.path, headers, body };
}

export function bytesOf({ body, written }: Trial): Buffer | undefined {
  if (body === undefined) return undefined;
  if (written === 'gzip') return gzipSync(body);
  return Buffer.from(body, written === 'latin1' ? 'latin1' : 'utf8');
}

/** The values of a header, as a server gets to see them. */
export function valuesOfHeader({ headers }: Trial, wanted: string): readonly string[] {
  return headers.filter(([name]) => name === wanted).map(([, value]) => value.replaceAll(/^[\t ]+|[\t ]+$/g, ''));
}

/** For a report: no token is in it, since what stands for one is not filled in. */
export function described({ method, path, headers, body, written }: Trial): string {
  const shown = (text: string): string =>
    text.length > 120 ? `${text.slice(0, 120)}… (${String(text.length)})` : text;
  const parts = headers.map(([name, value]) => `${name}: ${shown(value)}`);
  const text = body === undefined ? [] : [`${written === 'plain' ? '' : `${written} `}${shown(body)}`];
  return JSON.stringify([`${method} ${path}`, ...parts, ...text]);
}
