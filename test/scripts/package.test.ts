// The findings of `npm run check:package` for superfluous and missing files and dependencies.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { reachedDeclarations } from '../../scripts/build.ts';
import { contentFindings, dependencyFindings } from '../../scripts/package/contents.ts';
import { temporaryFolder } from '../shared/folder.ts';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

test('contentFindings() names superfluous files', () => {
  const strays = {
    'test/x.test.ts': '',
    'scripts/build.ts': '',
    'src/compose.ts': '',
    'dist/var/compile-cache/x': '',
    'dist/openapi/redocly.yaml': '',
    'var/refract.db': '',
  };
  const found = contentFindings(folderWith({ ...strays, 'dist/src/main.js': '', 'src/client/fib.ts': '' }));
  const packed = found.filter((finding) => finding.endsWith('is packed without need.'));
  expect(packed.map((finding) => finding.split(' ')[0]).sort()).toEqual(Object.keys(strays).sort());
});

test('contentFindings() names missing files', () => {
  const found = contentFindings(folderWith({ 'dist/src/main.js': '' }));
  expect(found).toContain('dist/openapi/fib.yaml is not packed.');
  expect(found).toContain('dist/src/cli/run.js is not packed.');
  expect(found).toContain('dist/swagger-ui/swagger-ui-bundle.js is not packed.');
  expect(found).not.toContain('dist/src/main.js is not packed.');
});

test('contentFindings() names a missing source of a declaration map', () => {
  const map = { 'dist/src/server.d.ts.map': JSON.stringify({ sources: ['../../src/server.ts'] }) };
  expect(contentFindings(folderWith(map))).toContain('src/server.ts is not packed.');
});

test('dependencyFindings() names undeclared and unused dependencies', () => {
  const folder = folderWith({
    'package.json': JSON.stringify({ dependencies: { pino: '1.0.0', yaml: '1.0.0' } }),
    'dist/src/x.js': `import 'node:fs'; import './y.js'; import 'pino/file'; await import('@scope/one/two');`,
    'dist/src/x.d.ts': `import type { Y } from 'typed';`,
    'dist/swagger-ui/swagger-ui-bundle.js': `import 'anything';`,
  });
  expect(dependencyFindings(folder).sort()).toEqual([
    '@scope/one is imported and not a dependency.',
    'typed is imported and not a dependency.',
    'yaml is a dependency that no file imports.',
  ]);
});

test('reachedDeclarations() follows every kind of import', () => {
  const folder = folderWith({
    'entry.d.ts': `export { a } from './a.ts';\nexport type B = import('./deep/b.js').B;`,
    'a.d.ts': `import { type Middleware } from 'elsewhere';\nexport * from './entry.ts';`,
    'deep/b.d.ts': `import '../c.ts';`,
    'c.d.ts': '',
    'unreached.d.ts': `export * from './entry.ts';`,
  });
  const reached = [...reachedDeclarations([join(folder, 'entry.d.ts')])];
  expect(reached.sort()).toEqual(['a', 'c', 'deep/b', 'entry'].map((name) => join(folder, `${name}.d.ts`)));
});
