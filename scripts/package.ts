/**
 * Packs what would be published, and holds the tarball against what whoever installs it relies on: publint, Are The Types
 * Wrong, what is in it, what it depends on, and how much of it a browser loads.
 *
 * npm run check:package
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { contentFindings, dependencyFindings } from './package/contents.ts';
import { pack, unpack } from './package/pack.ts';
import { clientSizes, mostBytes } from './package/sizes.ts';

const scratch = mkdtempSync(join(tmpdir(), 'refract-package-'));
try {
  const tarball = pack(scratch);
  const folder = unpack(tarball, scratch);
  const findings = [
    ...contentFindings(folder),
    ...dependencyFindings(folder),
    ...(await publintFindings(tarball)),
    ...typeFindings(tarball),
  ];
  // A package that is wrong may be one that cannot be bundled.
  if (findings.length === 0) findings.push(...(await sizeFindings(folder)));
  for (const finding of findings) console.error(finding);
  if (findings.length > 0) process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function publintFindings(tarball: string): Promise<string[]> {
  const bytes = new Uint8Array(readFileSync(tarball)).buffer;
  const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true });
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`);
}

/** Only as ES modules, which is all that there is; `@types` of others are nobody's business here. */
function typeFindings(tarball: string): string[] {
  const manifest = fileURLToPath(import.meta.resolve('@arethetypeswrong/cli/package.json'));
  const args = [join(dirname(manifest), 'dist', 'index.js'), tarball, '--profile', 'esm-only', '--no-definitely-typed'];
  const run = spawnSync(process.execPath, [...args, '--format', 'ascii', '--no-color', '--no-emoji'], {
    encoding: 'utf8',
  });
  return run.status === 0 ? [] : [`attw: ${run.stdout}${run.stderr}`];
}

async function sizeFindings(folder: string): Promise<string[]> {
  const sizes = await clientSizes(folder);
  console.log(`Minified and compressed, a client with its session (at most ${String(mostBytes)} bytes):`);
  for (const [contract, bytes] of sizes) console.log(`  ${contract.padEnd(12)} ${String(bytes)} bytes`);
  return [...sizes]
    .filter(([, bytes]) => bytes > mostBytes)
    .map(([contract, bytes]) => `${contract}: a client with its session has ${String(bytes)} bytes.`);
}
