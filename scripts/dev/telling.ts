/** How the terminal hears of what was saved: a label, a sentence, and the lines that it is about. */
import { getCodeframe, Source } from '@redocly/openapi-core';
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { changeLines } from '../diff.ts';
import type { Comparison } from '../diff/compare.ts';
import type { Finding } from '../lint-openapi.ts';
import type { TypeFinding } from './type-check.ts';

export interface Telling {
  readonly saved: (what: readonly string[]) => void;
  readonly served: (milliseconds: number) => void;
  /** The state before stays served. @param refusal why; left out where one of the findings says so */
  readonly kept: (refusal: string, findings?: readonly Finding[]) => void;
  readonly linted: (findings: readonly Finding[]) => void;
  readonly compiled: (findings: readonly TypeFinding[]) => void;
  readonly changed: (name: string, comparison: Comparison) => void;
  readonly note: (label: string, text: string) => void;
}

/** Findings of one kind that are shown; who has more mends the first ones first. */
const most = 5;

export function tellingTo(say: (text: string) => void, isColoured: boolean): Telling {
  const note = (label: string, text: string): void => {
    say(`  ${label.padEnd(9)}${text.replaceAll('\n', `\n${' '.repeat(11)}`)}`);
  };
  const finding = (label: string, file: string, line: number | undefined, message: string): void => {
    const at = line === undefined || line === 0 ? '' : `:${String(line)}`;
    note(label, `${here(file)}${at}: ${message}${at === '' ? '' : `\n${frameOf(file, line ?? 0, isColoured)}`}`);
  };
  const summary = (label: string, findings: number, allIsWell: string): void => {
    if (findings === 0) note(label, allIsWell);
    else if (findings > most) note(label, `and ${String(findings - most)} more`);
  };
  return {
    note,
    saved: (what) => {
      say(`\n${what.join(', ')} ${what.length === 1 ? 'was' : 'were'} saved`);
    },
    served: (milliseconds) => {
      note('served', `by server and mock, ${String(Math.round(milliseconds))} ms after`);
    },
    kept: (refusal, findings = []) => {
      // The linter shows the same thing with its lines.
      const isTold = findings.some(({ message }) => refusal.includes(message));
      note('kept', `What was served before goes on being served.${isTold ? '' : ` ${withShortPaths(refusal)}`}`);
    },
    linted: (findings) => {
      for (const { file, line, rule, message } of findings.slice(0, most)) {
        finding('lint', file, line, `${message} (${rule})`);
      }
      summary('lint', findings.length, 'nothing to mend');
    },
    compiled: (findings) => {
      for (const { file, line, message } of findings.slice(0, most)) finding('types', resolve(file), line, message);
      summary('types', findings.length, 'everything compiles');
    },
    changed: (name, { verdict, changes }) => {
      if (verdict === 'none') note('changes', 'nothing that a client could see');
      else note('changes', [`${verdict} for clients`, ...changeLines(name, changes)].join('\n'));
    },
  };
}

function here(file: string): string {
  return relative(process.cwd(), file);
}

function withShortPaths(sentence: string): string {
  return sentence.replaceAll(`${process.cwd()}/`, '');
}

function frameOf(file: string, line: number, isColoured: boolean): string {
  const source = new Source(file, readFileSync(file, 'utf8'));
  const text = source.getLines()[line - 1] ?? '';
  const start = text.length - text.trimStart().length + 1;
  return getCodeframe(
    { source, pointer: undefined, start: { line, col: start }, end: { line, col: text.length + 1 } },
    isColoured,
  );
}
