// Who may import whom. A layer is a folder or a file of the tree with everything it may reach; any other edge is
// forbidden. Paths are relative to the root and written with slashes.
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';

export interface ForbiddenImport {
  from: string;
  to: string;
  reason: string;
}

interface Layer {
  /** A folder (with its slash) or a file. The longest that fits a file is the layer of that file. */
  place: string;
  /** What it may import in any way: folders, files, packages, builtins. `<name>` is the file's own name, without endings. */
  values: string[];
  /** What it may import only with `import type`, which leaves nothing behind at run time. */
  types?: string[];
  /** May import what is only known at run time, `import(variable)`. */
  dynamic?: true;
}

const anyBuiltin = 'node:';

/** The error class, which every layer may use: it imports nothing. */
const errors = 'src/errors.ts';

const layers: Layer[] = [
  { place: errors, values: [] },
  { place: 'src/main.ts', values: ['src/cli/', 'node:module', 'node:url'] },
  {
    place: 'src/cli/',
    values: [
      'src/cli/',
      'src/app/',
      errors,
      'src/config.ts',
      'src/config/',
      'src/admin/',
      'src/engine/',
      'src/http/',
      'src/signer/',
      'src/store/',
      anyBuiltin,
    ],
  },
  // For programs that embed the server: what `refract serve` is for the command line.
  { place: 'src/server.ts', values: ['src/app/', 'src/config.ts', errors] },
  // The composition root: the only folder that knows all the others.
  {
    place: 'src/app/',
    values: [
      'src/app/',
      errors,
      'src/admin/',
      'src/config.ts',
      'src/config/',
      'src/console/',
      'src/contracts/',
      'src/engine/',
      'src/http/',
      'src/observe/',
      'src/signer/',
      'src/store/',
      anyBuiltin,
    ],
    dynamic: true,
  },
  { place: 'src/config.ts', values: ['src/config/', errors] },
  // It reads one file, in the format that Node itself has for such.
  { place: 'src/config/', values: ['src/config/', 'src/config.ts', errors, 'node:fs', 'node:net', 'node:util'] },
  { place: 'src/engine/', values: ['src/engine/', errors, 'node:crypto'] },
  // The engine is a set of ports to store and signer; both throw the error class.
  // Sockets are the store's own, so that it can cut off a server that does not answer.
  {
    place: 'src/store/',
    values: ['src/store/', errors, 'better-sqlite3', 'pg', 'node:fs', 'node:net', 'node:path'],
    types: ['src/engine/', 'src/admin/', 'src/signer/'],
  },
  // A copy is proved by digests of what is at either end.
  {
    place: 'src/store/copy/',
    values: ['src/store/', errors, 'better-sqlite3', 'node:crypto', 'node:fs', 'node:path'],
  },
  {
    place: 'src/signer/',
    values: ['src/signer/', errors, 'jose', 'node:crypto', 'node:fs', 'node:path'],
    types: ['src/engine/'],
  },
  // One adapter per file: not its siblings, and of the generated files only its own.
  {
    place: 'src/contracts/',
    values: ['src/contracts/shared/', 'generated/<name>.ts'],
    types: ['src/engine/', 'src/http/'],
  },
  { place: 'src/contracts/shared/', values: ['src/contracts/shared/'], types: ['src/engine/', 'src/http/'] },
  {
    place: 'src/http/',
    values: [
      'src/http/',
      errors,
      'express',
      'express-openapi-validator',
      'express-rate-limit',
      'cors',
      'ajv',
      'ajv-formats',
      'yaml',
      anyBuiltin,
    ],
  },
  { place: 'src/client/', values: ['src/client/', 'generated/', 'openapi-fetch'] },
  // The engine's words for what operators ask, as the admin contract and the command line both understand them.
  {
    place: 'src/admin/',
    values: ['src/admin/', 'src/engine/', errors, 'node:crypto'],
    types: ['src/http/', 'src/signer/', 'generated/admin.ts'],
  },
  // It is told of events, by the engine and by http, and holds nothing of either.
  {
    place: 'src/observe/',
    values: ['src/observe/', 'pino', 'prom-client', 'node:crypto'],
    types: ['src/admin/', 'src/engine/', 'src/http/types.ts', 'src/signer/', 'src/store/'],
  },
  // It makes pages of values; what it holds of http at run time is how base path and path make one, and it reads the
  // files that browsers get.
  {
    place: 'src/console/',
    values: ['src/console/', 'src/http/example-call.ts', 'node:fs'],
    types: ['src/http/'],
  },
  // It runs in a browser alone, as any application with the client would.
  {
    place: 'src/console/browser/',
    values: ['src/console/browser/', 'src/client/'],
    types: ['src/console/model.ts'],
  },
  { place: 'generated/', values: ['generated/<name>.ts', 'openapi-fetch'] },
  // Bundles, which browsers load as they are.
  { place: 'generated/console/', values: ['generated/console/'] },
];

export function findForbiddenImports(files: ReadonlyMap<string, string>): ForbiddenImport[] {
  return [...files].flatMap(([from, text]) => {
    const layer = layerOf(from);
    if (layer === undefined) return [{ from, to: '', reason: 'a file outside every layer' }];
    return edgesOf(from, text).flatMap(({ to, use }) => {
      const reason = whyForbidden(layer, from, to, use);
      return reason === undefined ? [] : [{ from, to: to ?? '?', reason }];
    });
  });
}

function layerOf(file: string): Layer | undefined {
  return layers
    .filter(({ place }) => covers(place, file))
    .sort((a, b) => b.place.length - a.place.length)
    .at(0);
}

function whyForbidden(layer: Layer, from: string, to: string | undefined, use: 'type' | 'value'): string | undefined {
  if (to === undefined)
    return layer.dynamic ? undefined : `${layer.place} may import only what is written as a literal`;
  const name = posix.basename(from).replace(/\..*$/, '');
  const reaches = (allowed: string) => covers(allowed.replace('<name>', name), to);
  if (layer.values.some(reaches)) return undefined;
  if (!layer.types?.some(reaches)) return `${layer.place} may not import ${to}`;
  return use === 'type' ? undefined : `${layer.place} may only import types from ${to}`;
}

/** A folder covers what is in it, a package or builtin its subpaths, `node:` every builtin. */
function covers(place: string, target: string): boolean {
  return target === place || target.startsWith(/[/:]$/.test(place) ? place : `${place}/`);
}

interface Edge {
  /** Undefined where the source says it only at run time. */
  to: string | undefined;
  use: 'type' | 'value';
}

function edgesOf(from: string, text: string): Edge[] {
  const source = ts.createSourceFile(from, text, ts.ScriptTarget.Latest, true);
  const edges: Edge[] = source.referencedFiles.map(({ fileName }) => ({
    to: resolve(from, `./${fileName}`),
    use: 'type',
  }));
  const add = (specifier: ts.Node | undefined, use: Edge['use']) => {
    const known = specifier !== undefined && ts.isStringLiteralLike(specifier);
    edges.push({ to: known ? resolve(from, specifier.text) : undefined, use });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      // `import { type A }` still loads the module under verbatimModuleSyntax, so it counts as a value.
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ? 'type' : 'value');
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      add(node.moduleSpecifier, node.isTypeOnly ? 'type' : 'value');
    } else if (ts.isExternalModuleReference(node)) {
      add(node.expression, 'value');
    } else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, 'type');
    } else if (ts.isCallExpression(node) && loadsModule(node.expression)) {
      add(node.arguments[0], 'value');
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return edges;
}

function loadsModule(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  return /^(require|process\.getBuiltinModule)$/.test(callee.getText());
}

function resolve(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  return isBuiltin(specifier) && !specifier.startsWith('node:') ? `node:${specifier}` : specifier;
}
