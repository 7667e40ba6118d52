// The tests of console and reference in a real browser, where there is one (npm run test:browser).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '../test/browser/chromium.ts';

if (existsSync(chromium)) {
  const root = dirname(import.meta.dirname);
  const vitest = join(dirname(fileURLToPath(import.meta.resolve('vitest/package.json'))), 'vitest.mjs');
  const args = [vitest, 'run', '--config', join(root, 'test', 'browser', 'vitest.config.ts'), ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  child.on('close', (code) => {
    process.exitCode = code ?? 1;
  });
} else {
  console.error(`test:browser: there is no ${chromium}; install the Debian package chromium.`);
  process.exitCode = 1;
}
