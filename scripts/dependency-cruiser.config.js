// Which folder may import which, and no circles: `npm run check:imports`.

/** Node's modules. */
const node = (...names) => names.map((name) => `^(node:)?${name}(/|$)`);
const packages = (...names) => names.map((name) => `(^|/)node_modules/(@types/)?${name}/`);

/**
 * The layers of DESIGN.md, from the outside to the inside. `of` matches the files of a layer, `values` their imports, `types`
 * their imports by `import type` only, which are removed at run time. `anyNode` allows all Node modules.
 */
const layers = [
  // The error class, which every layer may import: an error keeps its code on its way to the caller.
  { name: 'errors', of: '^src/errors\\.ts$', values: [] },
  { name: 'main', of: '^src/main\\.ts$', values: ['^src/cli/', ...node('fs', 'module', 'url')] },
  {
    name: 'cli',
    of: '^src/cli/',
    values: [
      '^src/(cli|app|config|admin|engine|http|signer|store)/',
      '^src/config\\.ts$',
      ...packages('@commander-js/extra-typings', 'commander'),
    ],
    anyNode: true,
  },
  // For programs that embed the server.
  { name: 'server', of: '^src/server\\.ts$', values: ['^src/app/', '^src/config\\.ts$'] },
  // The composition root: the only folder that imports all others.
  {
    name: 'app',
    of: '^src/app/',
    values: ['^src/(app|admin|config|console|contracts|engine|http|observe|signer|store)/', '^src/config\\.ts$'],
    anyNode: true,
  },
  { name: 'config', of: '^src/config\\.ts$', values: ['^src/config/', ...node('path')] },
  // It reads one file, in Node's format of environment files.
  { name: 'config-parts', of: '^src/config/', values: ['^src/config(/|\\.ts$)', ...node('fs', 'net', 'path', 'util')] },
  { name: 'engine', of: '^src/engine/', values: ['^src/engine/', ...node('crypto')] },
  // Store and signer import only types of the engine.
  {
    name: 'store',
    of: '^src/store/(?!copy/)',
    values: ['^src/store/', ...packages('better-sqlite3', 'pg'), ...node('fs', 'net', 'path')],
    types: ['^src/(engine|admin|signer)/'],
  },
  {
    name: 'store-copy',
    of: '^src/store/copy/',
    values: ['^src/store/', ...packages('better-sqlite3'), ...node('crypto', 'fs', 'path')],
    types: ['^src/(engine|admin|signer)/'],
  },
  {
    name: 'signer',
    of: '^src/signer/',
    values: ['^src/signer/', ...packages('jose'), ...node('crypto', 'fs', 'path')],
    types: ['^src/engine/'],
  },
  // An adapter imports no other adapter, and only its own generated file.
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
      ...packages(
        'express',
        'express-openapi-validator',
        'rate-limiter-flexible',
        'ipaddr.js',
        'uuid',
        'cors',
        'ajv',
        'ajv-formats',
        'yaml',
      ),
    ],
    anyNode: true,
  },
  { name: 'client', of: '^src/client/', values: ['^src/client/', '^generated/', ...packages('openapi-fetch')] },
  {
    name: 'admin',
    of: '^src/admin/',
    values: ['^src/(admin|engine)/', ...node('crypto')],
    types: ['^src/(http|signer)/', '^generated/admin\\.ts$'],
  },
  // It only receives events of the others.
  {
    name: 'observe',
    of: '^src/observe/',
    values: ['^src/observe/', ...packages('pino', 'prom-client', 'uuid'), ...node('crypto')],
    types: ['^src/(admin|engine|signer|store)/', '^src/http/types\\.ts$'],
  },
  {
    name: 'console',
    of: '^src/console/(?!browser/)',
    values: ['^src/console/(?!browser/)', '^src/http/example-call\\.ts$', ...node('fs', 'module', 'url')],
    types: ['^src/http/'],
  },
  // Browser modules are bundled into generated/console/ without server code.
  {
    name: 'console-browser',
    of: '^src/console/browser/',
    values: ['^src/console/browser/', '^src/client/'],
    types: ['^src/console/model\\.ts$', '^src/contracts/', '^src/http/'],
  },
  { name: 'generated-console', of: '^generated/console/', values: ['^generated/console/'] },
  {
    name: 'generated',
    of: '^generated/([^/.]+)(\\.client)?\\.ts$',
    values: ['^generated/$1\\.ts$', ...packages('openapi-fetch')],
  },
];

/** Clients and browsers have their own errors. */
const errors = (name) => (/^(client|console|generated|contracts)/.test(name) ? [] : ['^src/errors\\.ts$']);

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
        to: { pathNot: [...values, ...types, ...errors(name)], ...(anyNode && { dependencyTypesNot: ['core'] }) },
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
