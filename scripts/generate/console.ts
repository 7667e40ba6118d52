/**
 * Bundles the scripts of the console's pages to `generated/console/*.js`, which the server serves unchanged.
 *
 * - `session-NAME.js` opens the session page with the client `src/client/NAME.ts`; `session.js` is shared by all of them.
 * - A client is bundled with the generated files that are passed here, not with those on the disk.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import type { ContractDocument } from '../../src/http/documents.ts';
import { camelCase } from '../new-contract/document.ts';

const root = dirname(dirname(import.meta.dirname));
const browser = join(root, 'src', 'console', 'browser');
const generatedFolder = join(root, 'generated');

/** A virtual entry that joins the client of a contract to the session page. */
const sessionEntry = /^session of (.+)$/;

/** Returns bundles by path in generated/. @param clients the folder of the contracts' clients */
export async function bundleConsole(
  documents: readonly ContractDocument[],
  generated: ReadonlyMap<string, string>,
  clients = join(root, 'src', 'client'),
): Promise<ReadonlyMap<string, string>> {
  const clientOf = (name: string): string => join(clients, `${name}.ts`);
  // A session needs a contract with one operation.
  const names = documents
    .filter(({ name, operations }) => operations.length === 1 && existsSync(clientOf(name)))
    .map(({ name }) => name);
  const sessions = Object.fromEntries(names.map((name) => [`session-${name}`, `session of ${name}`]));
  const isShared = (id: string): boolean => !sessionEntry.test(id) && !names.includes(basename(id).replace(/\..*/, ''));
  const bundled = async (input: Readonly<Record<string, string>>): Promise<readonly (readonly [string, string])[]> => {
    const bundle = await rolldown({
      input,
      cwd: root,
      platform: 'browser',
      // A linked package keeps the path of its import, so that every tree produces the same bytes.
      resolve: { symlinks: false },
      logLevel: 'warn',
      plugins: [
        {
          name: 'generated',
          resolveId: (id) => (sessionEntry.test(id) ? id : null),
          load: (id) => {
            const [, name] = sessionEntry.exec(id) ?? [];
            if (name !== undefined) return sessionSource(name, clientOf(name));
            return dirname(id) === generatedFolder ? (generated.get(basename(id)) ?? null) : null;
          },
        },
      ],
    });
    try {
      const { output } = await bundle.generate({
        format: 'esm',
        chunkFileNames: '[name].js',
        minifyInternalExports: false,
        comments: false,
        codeSplitting: { groups: [{ name: 'session', test: isShared }] },
      });
      return output.flatMap((part) =>
        part.type === 'chunk' ? [[`console/${part.fileName}`, header + part.code]] : [],
      );
    } finally {
      await bundle.close();
    }
  };
  return new Map([
    ...(await Promise.all(pageScripts().map((name) => bundled({ [name]: join(browser, `${name}.ts`) })))).flat(),
    ...(names.length > 0 ? await bundled(sessions) : []),
  ]);
}

/** Returns the scripts of pages, by name: those that no other script imports, except the session's, which needs a client. */
function pageScripts(): readonly string[] {
  const files = readdirSync(browser).sort();
  const texts = files.map((file) => readFileSync(join(browser, file), 'utf8')).join('\n');
  const isImported = (file: string): boolean => texts.includes(`from './${file}'`);
  return files.filter((file) => file !== 'session.ts' && !isImported(file)).map((file) => basename(file, '.ts'));
}

const header = '// Bundled from src/console/browser/ by `npm run generate`; edit the sources, not this file.\n';

function sessionSource(name: string, client: string): string {
  return `
    import * as client from ${JSON.stringify(client)};
    import { openPage } from ${JSON.stringify(join(browser, 'session.ts'))};
    openPage(client.${camelCase(name)});
  `;
}
