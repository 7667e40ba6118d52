// The pages of both listeners. For the contracts: a start page, and for each a reference page to read and try it. For
// operators: a status page, and the reference of their contract.
import type { Page } from '../http/types.ts';
import { assetPage, readSwaggerUi } from './assets.ts';
import type { ConsoleOptions, StatusOptions } from './model.ts';
import { htmlPage, secretHeaders } from './page.ts';
import { demoPage } from './pages/demo.ts';
import { documentPages } from './pages/documents.ts';
import { referencePage, type Reference } from './pages/reference.ts';
import { sessionPages } from './pages/session.ts';
import { startPage } from './pages/start.ts';
import { statusPage } from './pages/status.ts';
import { paths } from './paths.ts';

export function consolePages(options: ConsoleOptions): readonly Page[] {
  const { contracts, operators, demo } = options;
  const shown = operators === undefined ? contracts : [...contracts, operators];
  const places = shown.map(({ document: { name } }) => ({ name, path: paths.reference(name) }));
  return [
    htmlPage(paths.start, (origin) => startPage(options, origin)),
    ...shown.flatMap((contract) => referencePages({ ...options, contract, places })),
    ...(demo === undefined
      ? []
      : [...contracts.map(({ document }) => demoPage(document.name, demo)), ...sessionPages(options)]),
    ...filePages('start.css'),
  ];
}

export function statusPages(options: StatusOptions): readonly Page[] {
  const { admin, mockOrigin, read } = options;
  const contract = { document: admin, runs: undefined, hasPublicKeys: false };
  const places = [
    { name: 'status', path: paths.start },
    { name: 'reference', path: paths.reference(admin.name) },
  ];
  return [
    htmlPage(paths.start, (origin) => statusPage(options, places, origin)),
    ...referencePages({ kind: 'admin', contract, places, mockOrigin }),
    {
      path: paths.status,
      mediaType: 'application/json',
      headers: secretHeaders,
      read: async () => JSON.stringify(await read()),
    },
    ...filePages('status.css', 'status.js'),
  ];
}

function referencePages(reference: Omit<Reference, 'origin' | 'swaggerUi'>): readonly Page[] {
  const swaggerUi = readSwaggerUi();
  return [
    htmlPage(paths.reference(reference.contract.document.name), (origin) =>
      referencePage({ ...reference, origin, swaggerUi }),
    ),
    ...documentPages(reference.contract.document),
  ];
}

/** The files of some pages, and those that all listeners have. */
function filePages(...files: readonly string[]): readonly Page[] {
  const swaggerUi = readSwaggerUi();
  const common = ['icon.svg', 'base.css', 'facts.css', 'reference.css', 'operations.css', 'try-it.js'];
  return [...[...common, ...files].map(assetPage), ...(swaggerUi ? [swaggerUi.script, swaggerUi.styles] : [])];
}
