// Creates a contract from an OpenAPI document: copies it to openapi/, generates its types and client, and starts its
// adapter and test, so that the compiler points at the lines that remain to be written.
//
// Mistakes in the document or its name are printed, one line each with file, line and what to do. All files are written or
// none, and no existing file is replaced.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, format, resolveConfig } from 'prettier';
import { LineCounter, isNode, parseDocument as parseYaml } from 'yaml';
import { isDocumentError } from '../src/errors.ts';
import { loadDocument, loadDocuments, type ContractDocument } from '../src/http/documents.ts';
import { pathsOf } from '../src/http/example-call.ts';
import { Exit, runCommand, type Output } from './command.ts';
import { generateContract } from './generate.ts';
import { lintFiles, sentenceOf } from './lint-openapi.ts';
import { adapterOf } from './new-contract/adapter.ts';
import { clientOf } from './new-contract/client.ts';
import { expectationsOf } from './new-contract/expectations.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param tree the folder with openapi/, generated/, src/ and test/ */
export function run(args: readonly string[], output?: Output, tree: string = root): Promise<number> {
  return runCommand(
    'new-contract',
    args,
    (command, print) =>
      command
        .exitOverride(({ exitCode }) => {
          throw new Exit(exitCode === 0 ? 0 : 2);
        })
        .description(
          'Creates the files of a contract from an OpenAPI document and lists the lines that remain to be written.',
        )
        .argument('<path>', 'the document, a YAML file')
        .action(async (path) => {
          try {
            const files = await filesOf(path, tree);
            refuse(existing(files.keys(), tree));
            write(files);
            for (const file of files.keys()) print(`wrote ${relative(tree, file)}`);
            for (const line of await nextSteps(files, tree, readFileSync(path, 'utf8'))) print(line);
          } catch (cause) {
            // In another document: the linter has checked this one.
            if (isDocumentError(cause)) print(cause.message.replaceAll(`${process.cwd()}/`, ''));
            else if (cause instanceof Refused) for (const mistake of cause.mistakes) print(mistake);
            else throw cause;
            throw new Exit(1);
          }
        }),
    output,
  );
}

/** Mistakes, one line each. */
class Refused extends Error {
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.mistakes = mistakes;
  }
}

function refuse(mistakes: readonly string[]): void {
  if (mistakes.length > 0) throw new Refused(mistakes);
}

/** Returns the files of a new contract, by path. @throws Refused */
async function filesOf(path: string, tree: string): Promise<ReadonlyMap<string, string>> {
  const inPlace = resolve(tree, 'openapi', basename(path));
  const others = loadDocuments(join(tree, 'openapi')).filter(({ file }) => resolve(file) !== resolve(path));
  const names = nameMistakes(path, others);
  const findings = (await lintFiles([path])).map(sentenceOf);
  refuse([...names, ...findings]);

  const document = loadDocument(path);
  refuse(pathMistakes(document, others));
  const { types, client } = await generateContract(document).catch((cause: unknown) => {
    if (!isDocumentError(cause)) throw cause;
    throw new Refused([cause.message.replace(path, shown(path))]);
  });
  const { name } = document;
  return new Map([
    ...(resolve(path) === inPlace ? [] : [[inPlace, readFileSync(path, 'utf8')] as const]),
    [join(tree, 'generated', `${name}.ts`), types],
    [join(tree, 'generated', `${name}.client.ts`), client],
    [join(tree, 'src', 'contracts', `${name}.ts`), await formatted(adapterOf(document))],
    [join(tree, 'src', 'client', `${name}.ts`), await formatted(clientOf(document))],
    [join(tree, 'test', 'contracts', `${name}.test.ts`), await formatted(expectationsOf(document))],
  ]);
}

function nameMistakes(path: string, others: readonly ContractDocument[]): string[] {
  const name = basename(path, '.yaml');
  const report = (mistake: string): string[] => [`${shown(path)}: ${mistake}`];
  if (extname(path) !== '.yaml') return report('The name of a document ends in .yaml; rename the file.');
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    return report(
      'The name of a document has small letters, digits and single dashes, such as my-api.yaml; rename the file.',
    );
  if (['redocly', 'admin'].includes(name)) return report('openapi/ has a file of this name already; choose another.');
  if (others.some((one) => one.name === name))
    return report(`The contract ${name} exists already; choose another name for the document.`);
  return [];
}

function pathMistakes(document: ContractDocument, others: readonly ContractDocument[]): string[] {
  const { file, basePath } = document;
  const report = (mistake: string): string[] => [
    `${shown(file)}:${String(lineOfServer(file))}: ${mistake}; choose another base path.`,
  ];
  const other = others.find((one) => one.basePath === basePath);
  if (other !== undefined) return report(`The contract ${other.name} is mounted at ${basePath} already`);
  const taken = others.find((one) => pathsOf(one).some((path) => pathsOf(document).includes(path)));
  if (taken !== undefined) return report(`One of its paths is the contract ${taken.name}'s below this base path`);
  const page = ownPages.find((one) => `${basePath}/`.startsWith(`${one}/`));
  return page === undefined ? [] : report(`The server has a page of its own at ${page}`);
}

/** The server's own paths, which have precedence over contracts. */
const ownPages = ['/healthz', '/jwks', '/console'];

function lineOfServer(file: string): number {
  const lines = new LineCounter();
  const url = parseYaml(readFileSync(file, 'utf8'), { lineCounter: lines }).getIn(['servers', 0, 'url'], true);
  return lines.linePos(isNode(url) ? (url.range?.[0] ?? 0) : 0).line;
}

function existing(files: Iterable<string>, tree: string): string[] {
  return [...files]
    .filter((file) => existsSync(file))
    .map((file) => `${relative(tree, file)} exists already; move it away or choose another name for the document.`);
}

/** Writes all files, or none where one fails. @throws Refused, also for an existing file */
function write(files: ReadonlyMap<string, string>): void {
  const written: string[] = [];
  try {
    for (const [file, text] of files) {
      const made = mkdirSync(dirname(file), { recursive: true });
      if (made !== undefined) written.push(made);
      // `wx` fails for an existing file without a change; the second write may fail half-way.
      writeFileSync(file, '', { flag: 'wx' });
      written.push(file);
      writeFileSync(file, text);
    }
  } catch (cause) {
    for (const path of written.reverse()) rmSync(path, { recursive: true, force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Refused([`Nothing was written, because one file failed: ${why}.`]);
  }
}

async function nextSteps(files: ReadonlyMap<string, string>, tree: string, document: string): Promise<string[]> {
  const name = basename([...files.keys()].find((file) => file.endsWith('.client.ts')) ?? '', '.client.ts');
  const open = [...files].flatMap(([file, text]) =>
    text
      .split('\n')
      .map((source, index) => ({ source: source.trim(), place: `${relative(tree, file)}:${String(index + 1)}` }))
      .filter(({ source }) => source.includes('decide(')),
  );
  const isStyled = await check(document, { ...(await style()), parser: 'yaml' });
  return [
    '',
    `Write the ${String(open.length)} lines with \`decide\`, which are compile errors until then:`,
    ...open.map(({ source, place }) => `  ${place}: ${source}`),
    '',
    `Then, in package.json, name src/client/${name}.ts beside its neighbours: in "exports" and in "knip". And run:`,
    ...(isStyled ? [] : ['  npm run format     # formats the document as the others']),
    '  npm run generate   # the script of its session page, and the tables of the README',
    '  npm run check      # types, lint, generated files, unused code, tests',
  ];
}

async function formatted(source: string): Promise<string> {
  return format(source.trimStart(), { ...(await style()), parser: 'typescript' });
}

async function style() {
  return resolveConfig(join(root, 'package.json'));
}

function shown(path: string): string {
  return relative(process.cwd(), path);
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
