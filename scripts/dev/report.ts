// Reports on the terminal about saved files: a label, a sentence, and the lines that it is about.
import { getCodeframe, Source } from '@redocly/openapi-core';
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { changeLines } from '../diff.ts';
import type { Comparison } from '../diff.ts';
import type { Finding } from '../lint-openapi.ts';
import type { TypeFinding } from './type-check.ts';

export type Report = ReturnType<typeof reportTo>;

/** How many findings of one kind are shown. */
const most = 5;

export function reportTo(print: (text: string) => void, isColoured: boolean) {
  const note = (label: string, text: string): void => {
    print(`  ${label.padEnd(9)}${text.replaceAll('\n', `\n${' '.repeat(11)}`)}`);
  };
  const list = (label: string, findings: readonly (readonly [string, number, string])[], none: string): void => {
    for (const [file, line, message] of findings.slice(0, most)) {
      const frame = line === 0 ? '' : `\n${frameOf(file, line, isColoured)}`;
      note(label, `${relative(process.cwd(), file)}${line === 0 ? '' : `:${String(line)}`}: ${message}${frame}`);
    }
    if (findings.length === 0) note(label, none);
    else if (findings.length > most) note(label, `and ${String(findings.length - most)} more`);
  };
  return {
    note,
    saved: (files: readonly string[]): void => {
      print(`\n${files.join(', ')} ${files.length === 1 ? 'was' : 'were'} saved`);
    },
    served: (milliseconds: number): void => {
      note('server', `serves it, and so does the mock, ${String(Math.round(milliseconds))} ms after the save`);
    },
    /** The previous version stays served. @param refusal the reason, left out where one of the findings states it */
    notApplied: (refusal: string, findings: readonly Finding[] = []): void => {
      const isReported = findings.some(({ message }) => refusal.includes(message));
      const reason = isReported ? '' : ` ${refusal.replaceAll(`${process.cwd()}/`, '')}`;
      note('server', `not applied: still serving the previous version.${reason}`);
    },
    linted: (findings: readonly Finding[]): void => {
      const lines = findings.map((one) => [one.file, one.line ?? 0, `${one.message} (${one.rule})`] as const);
      list('lint', lines, 'no findings');
    },
    compiled: (findings: readonly TypeFinding[]): void => {
      const lines = findings.map((one) => [resolve(one.file), one.line, one.message] as const);
      list('types', lines, 'everything compiles');
    },
    changed: (name: string, { verdict, changes }: Comparison): void => {
      if (verdict === 'none') note('changes', 'none that a client can see');
      else note('changes', [`${verdict} for clients`, ...changeLines(name, changes)].join('\n'));
    },
  };
}

function frameOf(file: string, line: number, isColoured: boolean): string {
  const source = new Source(file, readFileSync(file, 'utf8'));
  const text = source.getLines()[line - 1] ?? '';
  const start = { line, col: text.length - text.trimStart().length + 1 };
  return getCodeframe({ source, pointer: undefined, start, end: { line, col: text.length + 1 } }, isColoured);
}
