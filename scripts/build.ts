// What is published, in dist/: the sources built by tsc, and beside them the files that the server reads as it runs. The
// paths are those of the clone, so that a module finds its neighbours there as well (npm run build).
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDocumentFile } from '../src/http/documents.ts';
import { reachedDeclarations } from './build/declarations.ts';

const root = dirname(import.meta.dirname);
const dist = join(root, 'dist');

/** Of Swagger UI only what is served, and what its licence asks to be passed on. */
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
  if (status !== 0) throw new Error('tsc found mistakes: see the lines above.');
  leaveReachedDeclarations();
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

/** Removes declarations that no export reaches: some name packages whose types a consumer does not have. */
function leaveReachedDeclarations(): void {
  // As the package.json of this tree has it.
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

build();
