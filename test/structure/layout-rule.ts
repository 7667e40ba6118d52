// Rules for the layout of the tree, as functions over paths and texts; each returns one sentence per finding.
import { posix } from 'node:path';
import ts from 'typescript';

const topLevel = {
  required: [
    '.ci',
    '.gitignore',
    '.npmrc',
    '.prettierignore',
    'LICENSE',
    'README.md',
    'generated',
    'openapi',
    'package-lock.json',
    'package.json',
    'scripts',
    'src',
    'test',
    'tsconfig.json',
  ],
  optional: ['.gitattributes', '.github'],
};

/** Documents that are no contract: the linter's configuration and the operator's own interface. */
const notContracts = ['redocly', 'admin'];

/** Words that are vague, or for which the project has a better word. */
const avoided = /service|manager|helper|utils|repositor|blacklist/i;

const longest = 300;

export function topLevelDrift(paths: readonly string[]): string[] {
  const found = new Set(paths.map((path) => path.split('/')[0] ?? path));
  const { required, optional } = topLevel;
  const allowed = [...required, ...optional];
  return [
    ...required.filter((name) => !found.has(name)).map((name) => `${name} is missing`),
    ...[...found].filter((name) => !allowed.includes(name)).map((name) => `${name} does not belong at the top`),
  ];
}

/** One name per contract: document, types, client, adapter, export and test. */
export function nameDrift(paths: readonly string[]): string[] {
  const documents = namesIn(paths, /^openapi\/([^/]+)\.yaml$/);
  const contracts = documents.filter((name) => !notContracts.includes(name));
  const generated = documents.filter((name) => name !== 'redocly');
  const places: [RegExp, string[], string[]][] = [
    [
      /^generated\/(?!console\/)/,
      contracts,
      generated.flatMap((name) => [`generated/${name}.ts`, `generated/${name}.client.ts`]),
    ],
    [/^src\/contracts\/(?!README\.md$)[^/]+$/, contracts, contracts.map((name) => `src/contracts/${name}.ts`)],
    // The folder has shared files too.
    [/(?!)/, contracts, contracts.map((name) => `src/client/${name}.ts`)],
    [/^test\/contracts\/[^/]+\.test\.ts$/, contracts, contracts.map((name) => `test/contracts/${name}.test.ts`)],
    // A contract may lack a journey, but each journey needs its contract.
    [/^test\/journeys\//, [], contracts.map((name) => `test/journeys/${name}.arazzo.yaml`)],
  ];
  return places.flatMap(([place, names, allowed]) => {
    const required = allowed.filter((path) => names.includes(posix.basename(path).replace(/\..*$/, '')));
    return [
      ...required.filter((path) => !paths.includes(path)).map((path) => `${path} is missing`),
      ...paths
        .filter((path) => place.test(path) && !allowed.includes(path))
        .map((path) => `${path} has no openapi document of its name`),
    ];
  });
}

/** The package exports the client of every contract and no other. @param exported the paths of its entries */
export function exportDrift(paths: readonly string[], exported: readonly string[]): string[] {
  const contracts = namesIn(paths, /^openapi\/([^/]+)\.yaml$/).filter((name) => name !== 'redocly');
  const wanted = contracts.map((name) => `./client/${name}`);
  return [
    ...wanted.filter((entry) => !exported.includes(entry)).map((entry) => `package.json does not export ${entry}`),
    ...exported
      .filter((entry) => entry.startsWith('./client/') && !wanted.includes(entry))
      .map((entry) => `${entry} has no openapi document of its name`),
  ];
}

function namesIn(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) => pattern.exec(path)?.[1] ?? []);
}

export function longFiles(sources: ReadonlyMap<string, string>): string[] {
  return [...sources].flatMap(([path, text]) => {
    const lines = text.split('\n').length - 1;
    return lines > longest ? [`${path} has ${lines} lines; ${longest} is the end`] : [];
  });
}

/** Words to avoid in the names of files and exports. */
export function avoidedWords(sources: ReadonlyMap<string, string>): string[] {
  return [...sources].flatMap(([path, text]) => [
    ...(avoided.test(path) ? [`${path} is named with a word to avoid`] : []),
    ...exportedNames(path, text)
      .filter((name) => avoided.test(name))
      .map((name) => `${path} exports ${name}, a word to avoid`),
  ]);
}

function exportedNames(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return source.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) return exportClauseNames(statement.exportClause);
    if (!ts.canHaveModifiers(statement)) return [];
    if (!ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.flatMap((one) => boundNames(one.name));
    const { name } = statement as ts.DeclarationStatement;
    return name === undefined ? [] : [name.text];
  });
}

function exportClauseNames(clause: ts.NamedExportBindings | undefined): string[] {
  if (clause === undefined) return [];
  return ts.isNamespaceExport(clause) ? [clause.name.text] : clause.elements.map(({ name }) => name.text);
}

function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundNames(element.name)));
}

/** Tests that are skipped or skip others. Found in the syntax tree, so that a string may contain them. */
export function sleepingTests(tests: ReadonlyMap<string, string>): string[] {
  const sleeping = /^(skip|only|todo|skipIf|runIf|fails)$/;
  const runner = /^(it|test|describe|suite|context|ctx|task)\b/;
  return [...tests].flatMap(([path, text]) => {
    const found: string[] = [];
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      const call = ts.isPropertyAccessExpression(node) && sleeping.test(node.name.text) && runner.test(node.getText());
      const option =
        ts.isPropertyAssignment(node) && isRunnerOption(node, runner) && sleeping.test(node.name.getText());
      if (call || option) found.push(`${path} has a test that is put to sleep: ${node.getText()}`);
      ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
  });
}

/** `test('…', { skip: true }, …)` */
function isRunnerOption(node: ts.PropertyAssignment, runner: RegExp): boolean {
  const call = node.parent.parent;
  return ts.isCallExpression(call) && runner.test(call.expression.getText());
}

type Manifest = Partial<Record<string, unknown>>;

/** Exact versions only, so that a later installation gets the tested versions. */
export function loosePins(path: string, manifest: Manifest): string[] {
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'];
  return kinds.flatMap((kind) =>
    Object.entries(manifest[kind] ?? {})
      .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)))
      .map(([name, version]) => `${path} leaves ${name} open: ${String(version)}`),
  );
}

/** Paths that exist on one machine only. */
export function machinePaths(texts: ReadonlyMap<string, string>): string[] {
  const rooted = /(?<![\w.}*-])\/(work|tmp|root|farm|home)\//;
  return [...texts].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, index) => (rooted.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
}
