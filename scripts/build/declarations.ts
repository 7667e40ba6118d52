// Which declarations the exports of the package lead to.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** Those files and what they import, from file to file; packages are not followed. */
export function reachedDeclarations(entries: readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const left = [...entries];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    const folder = dirname(file);
    const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'));
    for (const { fileName } of importedFiles) {
      if (fileName.startsWith('.')) left.push(join(folder, fileName.replace(/\.[jt]s$/, '.d.ts')));
    }
  }
  return reached;
}
