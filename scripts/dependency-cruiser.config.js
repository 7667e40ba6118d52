// Which folder may import which, and no circles: `npm run check:imports`.

/** Node's modules. */
const node = (...names) => names.map((name) => `^(node:)?${name}(/|$)`);
const packages = (...names) => names.map((name) => `(^|/)node_modules/(@types/)?${name}/`);

/**
 * The layers of DESIGN.md, from the outside to the inside. `of` says which files it has, `values` what they may import in
 * any way, `types` what only by `import type`, which leaves nothing behind at run time. `anyNode` allows all Node modules.
 */
const layers = [
  { name: 'main', of: '^src/main\\.ts$', values: ['^src/cli/', ...node('module', 'url')] },
  {
    name: 'cli',
    of: '^src/cli/',
    values: ['^src/(cli|app|config|admin|engine|http|signer|store)/', '^src/config\\.ts$'],
    anyNode: true,
  },
  // For programs that embed the server.
  { name: 'server', of: '^src/server\\.ts$', values: ['^src/app/', '^src/config\\.ts$'] },
  // The composition root: the only folder that knows all the others.
  {
    name: 'app',
    of: '^src/app/',
    values: ['^src/(app|admin|config|console|contracts|engine|http|observe|signer|store)/', '^src/config\\.ts$'],
    anyNode: true,
  },
  { name: 'config', of: '^src/config\\.ts$', values: ['^src/config/'] },
  // It reads one file, in the format that Node itself has for such.
  { name: 'config-parts', of: '^src/config/', values: ['^src/config(/|\\.ts$)', ...node('fs', 'net', 'util')] },
  { name: 'engine', of: '^src/engine/', values: ['^src/engine/', ...node('crypto')] },
  // Store and signer know the engine by its ports; at run time they hold only what they throw.
  {
    name: 'store',
    of: '^src/store/(?!copy/)',
    values: [
      '^src/store/',
      '^src/engine/unavailable\\.ts$',
      ...packages('better-sqlite3', 'pg'),
      ...node('fs', 'net', 'path'),
    ],
    types: ['^src/(engine|admin|signer)/'],
  },
  {
    name: 'store-copy',
    of: '^src/store/copy/',
    values: [
      '^src/store/',
      '^src/engine/unavailable\\.ts$',
      ...packages('better-sqlite3'),
      ...node('crypto', 'fs', 'path'),
    ],
  },
  {
    name: 'signer',
    of: '^src/signer/',
    values: ['^src/signer/', '^src/engine/unavailable\\.ts$', ...packages('jose'), ...node('crypto', 'fs', 'path')],
    types: ['^src/engine/'],
  },
  // One adapter per file: not its siblings, and of the generated files only its own.
  {
    name: 'contracts',
    of: '^src/contracts/([^/]+)\\.ts$',
    values: ['^src/contracts/shared/', '^generated/$1\\.ts$'],
    types: ['^src/(engine|http)/'],
  },
  {
    name: 'contracts-shared',
    of: '^src/contracts/shared/',
    values: ['^src/contracts/shared/'],
    types: ['^src/(engine|http)/'],
  },
  {
    name: 'http',
    of: '^src/http/',
    values: [
      '^src/http/',
      ...packages('express', 'express-openapi-validator', 'express-rate-limit', 'cors', 'ajv', 'ajv-formats', 'yaml'),
    ],
    anyNode: true,
  },
  { name: 'client', of: '^src/client/', values: ['^src/client/', '^generated/', ...packages('openapi-fetch')] },
  {
    name: 'admin',
    of: '^src/admin/',
    values: ['^src/(admin|engine)/', '^src/signer/key-error\\.ts$', ...node('crypto')],
    types: ['^src/(http|signer)/', '^generated/admin\\.ts$'],
  },
  // It receives events of the others, and holds nothing of them.
  {
    name: 'observe',
    of: '^src/observe/',
    values: ['^src/observe/', ...packages('pino', 'prom-client'), ...node('crypto')],
    types: ['^src/(admin|engine|signer|store)/', '^src/http/types\\.ts$'],
  },
  {
    name: 'console',
    of: '^src/console/(?!browser/session/)',
    values: ['^src/console/', '^src/http/example-call\\.ts$', ...node('fs', 'module', 'url')],
    types: ['^src/http/'],
  },
  // It runs in a browser alone, as any application with the client does.
  {
    name: 'console-session',
    of: '^src/console/browser/session/',
    values: ['^src/console/browser/session/', '^src/client/'],
  },
  {
    name: 'generated',
    of: '^generated/([^/.]+)(\\.client)?\\.ts$',
    values: ['^generated/$1\\.ts$', ...packages('openapi-fetch')],
  },
];

const outside = { pathNot: ['^(scripts|test)/', ...layers.map(({ of }) => of)] };

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    ...layers.flatMap(({ name, of, values, types = [], anyNode = false }) => [
      {
        name,
        severity: 'error',
        from: { path: of },
        to: { pathNot: [...values, ...types], ...(anyNode && { dependencyTypesNot: ['core'] }) },
      },
      ...(types.length === 0
        ? []
        : [
            {
              name: `${name}-types-only`,
              severity: 'error',
              from: { path: of },
              to: { path: types, pathNot: values, dependencyTypesNot: ['type-only', 'type-import'] },
            },
          ]),
    ]),
    // A file outside every layer: one that imports, and one that neither imports nor is imported.
    { name: 'no-layer', severity: 'error', from: { ...outside, orphan: false, path: '^(src|generated)/' }, to: {} },
    {
      name: 'no-layer-orphan',
      severity: 'error',
      from: { ...outside, orphan: true, path: '^(src|generated)/' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: ['(^|/)node_modules/', '^test/'] },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    moduleSystems: ['es6', 'cjs', 'tsd'],
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default', 'types'], exportsFields: ['exports'] },
  },
};
