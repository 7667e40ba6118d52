// Packs the package and checks the tarball: publint, Are The Types Wrong, files, dependencies, and the size of a client in
// a browser (npm run check:package).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { rolldown } from 'rolldown';
import { contentFindings, dependencyFindings } from './package/contents.ts';
import { pack, unpack } from './package/pack.ts';

const root = dirname(import.meta.dirname);

/** Limit of a client with its session, minified and compressed. */
const mostBytes = 6_100;

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
  // An invalid package may fail to bundle.
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

/** The package has only ES modules. */
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

/** Returns bytes by contract. @param folder of the unpacked package */
async function clientSizes(folder: string): Promise<ReadonlyMap<string, number>> {
  // For the imports of the package.
  const modules = join(folder, 'node_modules');
  if (!existsSync(modules)) symlinkSync(join(root, 'node_modules'), modules);
  // The package.json of this tree.
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, { default: string }>;
  };
  const fileOf = (name: string): string => JSON.stringify(join(folder, exports[name]?.default ?? name));
  const sizes = new Map<string, number>();
  for (const name of Object.keys(exports)) {
    const [, contract] = /^\.\/client\/(.*)$/.exec(name) ?? [];
    if (contract === undefined || contract === 'admin') continue;
    const code = await bundled(`
      export * from ${fileOf(name)};
      export { createSession, sessionMiddleware } from ${fileOf('./session')};
    `);
    sizes.set(contract, gzipSync(code, { level: 9 }).byteLength);
  }
  return sizes;
}

/** Bundles a module into one minified file. */
async function bundled(text: string): Promise<string> {
  const entry = 'entry.js';
  const bundle = await rolldown({
    input: entry,
    platform: 'browser',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? entry : null),
        load: (id) => (id === entry ? text : null),
      },
    ],
  });
  try {
    const { output } = await bundle.generate({ format: 'esm', minify: true });
    const [{ code, imports }] = output;
    if (imports.length > 0) throw new Error(`A client imports ${imports.join(', ')}, which no browser has.`);
    return code;
  } finally {
    await bundle.close();
  }
}
