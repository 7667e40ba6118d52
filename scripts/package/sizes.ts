// How much a page loads for a client of one contract and its session.
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const root = dirname(dirname(import.meta.dirname));

/** Compressed, as it is sent. */
export const mostBytes = 6_000;

/** Bytes by contract. @param folder of the unpacked package */
export async function clientSizes(folder: string): Promise<ReadonlyMap<string, number>> {
  // Where the package finds what it imports.
  const modules = join(folder, 'node_modules');
  if (!existsSync(modules)) symlinkSync(join(root, 'node_modules'), modules);
  // As the package.json of this tree has it.
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

/** One minified file of a module's text. */
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
    if (imports.length > 0) throw new Error(`A client imports what no browser has: ${imports.join(', ')}.`);
    return code;
  } finally {
    await bundle.close();
  }
}
