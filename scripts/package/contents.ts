// Checks the files and dependencies of the package.
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const root = dirname(dirname(import.meta.dirname));

/** Files that belong in the package; the sources are those of the declaration maps. */
const expected = [
  /^(package\.json|README\.md|LICENSE)$/,
  /^dist\/(src|generated)\/.+\.(js|js\.map|d\.ts|d\.ts\.map)$/,
  /^dist\/src\/console\/assets\/[\w-]+\.(css|svg)$/,
  /^dist\/generated\/console\/[\w-]+\.js$/,
  /^dist\/openapi\/(?!redocly)[\w-]+\.yaml$/,
  /^dist\/swagger-ui\/[\w.-]+$/,
  /^src\/((client\/[\w-]+|server)\.ts|client\/README\.md)$/,
  /^generated\/[\w.-]+\.ts$/,
];

/** Returns one sentence for each superfluous and each missing file. */
export function contentFindings(folder: string): string[] {
  const files = filesIn(folder);
  const wanted = [
    ...globSync(['src/**/*.ts', 'generated/*.ts'], { cwd: root, exclude: ['src/console/browser/**'] }).map(
      (path) => `dist/${path.replace(/\.ts$/, '.js')}`,
    ),
    ...globSync(['src/console/assets/*', 'generated/console/*'], { cwd: root }).map((path) => `dist/${path}`),
    ...globSync('openapi/*.yaml', { cwd: root, exclude: ['**/redocly.yaml'] }).map((path) => `dist/${path}`),
    ...['package.json', 'README.md', 'LICENSE', 'dist/swagger-ui/swagger-ui-bundle.js', 'dist/swagger-ui/NOTICE'],
    ...mappedSources(folder, files),
  ];
  return [
    ...files
      .filter((file) => !expected.some((pattern) => pattern.test(file)))
      .map((file) => `${file} is packed without need.`),
    ...wanted.filter((file) => !files.includes(file)).map((file) => `${file} is not packed.`),
  ];
}

/** Returns the sources of the declaration maps, which editors open. */
function mappedSources(folder: string, files: readonly string[]): string[] {
  return files
    .filter((file) => file.endsWith('.d.ts.map'))
    .flatMap((file) => {
      // Written by tsc.
      const { sources } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { sources: string[] };
      return sources.map((source) => join(dirname(file), source));
    });
}

/** Returns one sentence for each undeclared and each unused dependency. */
export function dependencyFindings(folder: string): string[] {
  // The package.json of this tree.
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const imported = new Set(
    filesIn(folder)
      .filter((file) => /^dist\/.*\.(js|d\.ts)$/.test(file) && !file.startsWith('dist/swagger-ui/'))
      .flatMap((file) => packagesIn(readFileSync(join(folder, file), 'utf8'))),
  );
  const peers = new Set([...imported].flatMap(peersOf));
  return [
    ...[...imported]
      .filter((name) => !(name in dependencies))
      .map((name) => `${name} is imported and not a dependency.`),
    ...Object.keys(dependencies)
      .filter((name) => !imported.has(name) && !peers.has(name))
      .map((name) => `${name} is a dependency that no file imports.`),
  ];
}

/** Returns the peer dependencies of an imported package. */
function peersOf(name: string): string[] {
  const manifest = join(root, 'node_modules', name, 'package.json');
  if (!existsSync(manifest)) return [];
  // Installed by npm.
  const { peerDependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    peerDependencies?: Record<string, string>;
  };
  return Object.keys(peerDependencies);
}

function packagesIn(text: string): string[] {
  return ts
    .preProcessFile(text)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => !name.startsWith('.') && !isBuiltin(name))
    .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
}

function filesIn(folder: string): string[] {
  return globSync('**/*', { cwd: folder })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
}
