// Writes generated/ from openapi/: `<name>.ts` (types) and `<name>.client.ts` (a typed client) for each document, and in
// generated/console/ the bundled scripts of the console's pages, so that serving needs no bundler. The same documents and
// sources produce the same bytes. Superfluous files are removed.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';
import { isDocumentError } from '../src/errors.ts';
import { loadDocuments, openapiFolder, type ContractDocument } from '../src/http/documents.ts';
import { Exit, runCommand, type Output } from './command.ts';
import { clientOf } from './generate/client.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The output folder. */
export const generatedFolder: string = join(root, 'generated');

/** Returns the sources of a document's two files. */
export async function generateContract(document: ContractDocument): Promise<{ types: string; client: string }> {
  const header = `// Generated from openapi/${document.name}.yaml by \`npm run generate\`; edit the document, not this file.\n`;
  const nodes = await openapiTS(Buffer.from(JSON.stringify(document.document)), { alphabetize: true, silent: true });
  const style = { ...(await resolveConfig(join(root, 'package.json'))), parser: 'typescript' };
  return {
    types: await format(`${header}\n${astToString(nodes)}`, style),
    client: await format(`${header}\n${clientOf(document)}`, style),
  };
}

/** Returns all files of the folder, by name. */
export async function generateAll(documents: readonly ContractDocument[]): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const document of documents) {
    const { types, client } = await generateContract(document);
    files.set(`${document.name}.ts`, types).set(`${document.name}.client.ts`, client);
  }
  // Loaded here, so that the types of one document do not wait for the bundler.
  const { bundleConsole } = await import('./generate/console.ts');
  return new Map([...files, ...(await bundleConsole(documents, files))]);
}

/** Returns one sentence for each missing, different or superfluous file of a folder. */
export function differences(files: ReadonlyMap<string, string>, folder: string): string[] {
  const present = filesIn(folder);
  const wanting = [...files].flatMap(([name, content]) => {
    if (!present.includes(name)) return [`generated/${name} is missing; run \`npm run generate\`.`];
    if (readFileSync(join(folder, name), 'utf8') === content) return [];
    const origin = name.startsWith('console/') ? 'sources' : 'document';
    return [`generated/${name} does not match its ${origin}; run \`npm run generate\`.`];
  });
  const superfluous = present.filter((name) => !files.has(name));
  return [
    ...wanting,
    ...superfluous.map((name) => `generated/${name} belongs to no document; run \`npm run generate\` to remove it.`),
  ];
}

/** Writes exactly these files to a folder. @returns one line for each change */
export function writeAll(files: ReadonlyMap<string, string>, folder: string): string[] {
  const superfluous = filesIn(folder).filter((name) => !files.has(name));
  for (const name of superfluous) rmSync(join(folder, name), { recursive: true });
  const changed = [...files].filter(
    ([name, content]) => !filesIn(folder).includes(name) || readFileSync(join(folder, name), 'utf8') !== content,
  );
  for (const [name, content] of changed) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return [
    ...superfluous.map((name) => `removed generated/${name}`),
    ...changed.map(([name]) => `wrote generated/${name}`),
  ];
}

/** The exit code is 1 where a document cannot be loaded, or `--check` finds a difference. */
export function run(
  args: readonly string[],
  output?: Output,
  folders: { documents: string; generated: string } = { documents: openapiFolder, generated: generatedFolder },
): Promise<number> {
  return runCommand(
    'generate',
    args,
    (command, print) =>
      command
        .exitOverride(({ exitCode }) => {
          throw new Exit(exitCode === 0 ? 0 : 2);
        })
        .description('Writes the types and the client of each document to generated/.')
        .option('--check', 'write nothing; exit code 1 where a file differs')
        .action(async ({ check = false }) => {
          try {
            const files = await generateAll(loadDocuments(folders.documents));
            const lines = check ? differences(files, folders.generated) : writeAll(files, folders.generated);
            for (const line of lines) print(line);
            if (check && lines.length > 0) throw new Exit(1);
          } catch (cause) {
            if (!isDocumentError(cause)) throw cause;
            print(cause.message);
            throw new Exit(1);
          }
        }),
    output,
  );
}

/** Returns every file below a folder. */
function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll('\\', '/'))
    .sort();
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
