#!/usr/bin/env node
// Process entry. Looks at Node's version before anything else is loaded: the SQLite driver ends an older one without
// a word (a segmentation fault).
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 14)) {
  process.stderr.write(`Refract needs Node 22.14 or newer; this is ${process.version}.\n`);
  process.exit(1);
}
// Keeps what was compiled for the next start, which takes half as long then; where it cannot be written there is none.
module.enableCompileCache(fileURLToPath(new URL('../var/compile-cache', import.meta.url)));
const { run } = await import('./cli/run.ts');
process.exitCode = await run(process.argv.slice(2));
