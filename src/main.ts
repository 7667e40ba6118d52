#!/usr/bin/env node
// The entry of the process. It checks Node's version before it loads other modules: the SQLite driver crashes an older Node
// with a segmentation fault.
import { mkdirSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 14)) {
  process.stderr.write(`Refract needs Node 22.14 or newer; this is ${process.version}.\n`);
  process.exit(1);
}
// Halves the time of the next start; without a writable folder it does nothing. The folder also gets database and secrets.
const cache = fileURLToPath(new URL('../var/compile-cache', import.meta.url));
try {
  mkdirSync(cache, { recursive: true, mode: 0o700 });
} catch {
  // A folder of another account, such as an installed package.
}
module.enableCompileCache(cache);
const [{ run }, { abortOnStop }] = await Promise.all([import('./cli/run.ts'), import('./cli/process.ts')]);

// EPIPE: the reader stopped reading, as `head` does.
process.stdout.on('error', (reason: NodeJS.ErrnoException) => {
  if (reason.code !== 'EPIPE') process.stderr.write(`refract: The output cannot be written: ${reason.message}\n`);
  process.exit(1);
});
process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  // An empty folder keeps relative paths in messages.
  cwd: '',
  stdout: process.stdout,
  stderr: process.stderr,
  // Getters, because both change how the process ends: only some commands need them.
  get stdin() {
    return process.stdin;
  },
  get signal() {
    return abortOnStop();
  },
});
