#!/usr/bin/env node
// Process entry. Looks at Node's version before anything else is loaded: the SQLite driver crashes an older Node with a
// segmentation fault.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 14)) {
  process.stderr.write(`Refract needs Node 22.14 or newer; this is ${process.version}.\n`);
  process.exit(1);
}
// Keeps what was compiled for the next start, which takes half as long then; without a writable folder it does nothing.
module.enableCompileCache(fileURLToPath(new URL('../var/compile-cache', import.meta.url)));
const [{ run }, { abortOnStop }] = await Promise.all([import('./cli/run.ts'), import('./cli/process.ts')]);

// A reader may stop reading, as `head` does, or the disk may be full.
process.stdout.on('error', (reason: NodeJS.ErrnoException) => {
  if (reason.code !== 'EPIPE') process.stderr.write(`refract: The output cannot be written: ${reason.message}\n`);
  process.exit(1);
});
process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  // Messages show paths as they were given.
  cwd: '',
  stdout: process.stdout,
  stderr: process.stderr,
  // Read by a command that needs them: both change how the process ends.
  get stdin() {
    return process.stdin;
  },
  get signal() {
    return abortOnStop();
  },
});
