/** Writes files that are not there yet: all of them, or none. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * @param files texts by path
 * @throws what the file system says, after whatever was written is taken away again; a file that is there already is one
 */
export function writeNew(files: ReadonlyMap<string, string>): void {
  const written: string[] = [];
  try {
    for (const [file, text] of files) {
      const made = mkdirSync(dirname(file), { recursive: true });
      if (made !== undefined) written.push(made);
      // `wx` fails where the file exists, without touching it; what fails later may have begun it.
      writeFileSync(file, '', { flag: 'wx' });
      written.push(file);
      writeFileSync(file, text);
    }
  } catch (cause) {
    for (const path of written.reverse()) rmSync(path, { recursive: true, force: true });
    throw cause;
  }
}
