// Builds dist/: the sources compiled by tsc, and the files that the server reads at run time. The paths are those of the
// clone, so that relative imports work in both (npm run build).
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { isDocumentFile } from '../src/http/documents.ts';

const root = dirname(import.meta.dirname);
const dist = join(root, 'dist');

/** The files of Swagger UI that are served, and those that its license requires. */
const swaggerUiFiles = [
  'package.json',
  'swagger-ui-bundle.js',
  'swagger-ui-bundle.js.LICENSE.txt',
  'swagger-ui.css',
  'LICENSE',
  'NOTICE',
];

function build(): void {
  rmSync(dist, { recursive: true, force: true });
  const compiler = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
  const project = join(import.meta.dirname, 'build', 'tsconfig.json');
  const { status } = spawnSync(process.execPath, [compiler, '--project', project], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('tsc failed; see the lines above.');
  removeUnreachedDeclarations();
  for (const folder of ['src/console/assets', 'generated/console']) {
    cpSync(join(root, folder), join(dist, folder), { recursive: true });
  }
  cpSync(join(root, 'openapi'), join(dist, 'openapi'), {
    recursive: true,
    filter: (path) => path === join(root, 'openapi') || isDocumentFile(relative(join(root, 'openapi'), path)),
  });
  const swaggerUi = join(import.meta.dirname, 'runtime', 'node_modules', 'swagger-ui-dist');
  for (const file of swaggerUiFiles) cpSync(join(swaggerUi, file), join(dist, 'swagger-ui', file));
}

/** Removes declarations that no export imports: some use packages whose types a consumer does not have. */
function removeUnreachedDeclarations(): void {
  // The package.json of this tree.
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { types: string }>;
  };
  const entries = Object.values(exports).flatMap((one) => (typeof one === 'string' ? [] : [join(root, one.types)]));
  const reached = reachedDeclarations(entries);
  for (const file of globSync('**/*.d.ts', { cwd: dist }).map((path) => join(dist, path))) {
    if (reached.has(file)) continue;
    rmSync(file);
    rmSync(`${file}.map`);
  }
}

/** Returns the declarations that the entries import, directly or indirectly, without packages. */
export function reachedDeclarations(entries: readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const left = [...entries];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    const folder = dirname(file);
    const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'));
    for (const { fileName } of importedFiles) {
      if (fileName.startsWith('.')) left.push(join(folder, fileName.replace(/\.[jt]s$/, '.d.ts')));
    }
  }
  return reached;
}

if (import.meta.main) build();
