// The pages of both listeners. The contracts' listener has a start page, and a reference page with try-it for each
// contract; the operators' listener has a status page, and the reference of the admin contract.
import type { ContractDocument, JsonObject } from '../http/documents.ts';
import type { Page } from '../http/types.ts';
import { assetPage, readSwaggerUi } from './assets.ts';
import type { ConsoleOptions, Place, StatusOptions } from './model.ts';
import { htmlPage, paths, secretHeaders, textHeaders } from './page.ts';
import { notFoundPage, type Frame } from './pages/frame.ts';
import { referencePage, type Reference } from './pages/reference.ts';
import { sessionPages } from './pages/session.ts';
import { startPage } from './pages/start.ts';
import { statusPage } from './pages/status.ts';

export function consolePages(options: ConsoleOptions): readonly Page[] {
  const { kind, contracts, operators, demo } = options;
  const all = operators === undefined ? contracts : [...contracts, operators];
  const places = [
    ...all.map(({ document: { name } }) => ({ name, path: paths.reference(name) })),
    ...(demo === undefined || contracts.length === 0 ? [] : [{ name: 'session', path: paths.session() }]),
  ];
  return [
    htmlPage(paths.start, (origin) => startPage(options, places, origin)),
    ...all.flatMap((contract) => referencePages({ ...options, contract, places })),
    ...(demo === undefined
      ? []
      : [...contracts.map(({ document }) => demoPage(document.name, demo)), ...sessionPages(options, places)]),
    ...commonPages(kind, places, ['start.css']),
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
    htmlPage(paths.start, () => statusPage(options, places)),
    ...referencePages({ kind: 'admin', contract, places, mockOrigin }),
    {
      path: paths.status,
      mediaType: 'application/json',
      headers: secretHeaders,
      read: async () => JSON.stringify(await read()),
    },
    ...commonPages('admin', places, ['status.css', 'status.js']),
  ];
}

function referencePages(reference: Omit<Reference, 'origin' | 'swaggerUi'>): readonly Page[] {
  const { document } = reference.contract;
  const { name, source } = document;
  const swaggerUi = readSwaggerUi();
  const json = JSON.stringify(mountedDocument(document));
  return [
    htmlPage(paths.reference(name), (origin) => referencePage({ ...reference, origin, swaggerUi })),
    { path: paths.json(name), mediaType: 'application/json', headers: textHeaders, read: () => json },
    // As plain text, because browsers download the media type of YAML.
    { path: paths.yaml(name), mediaType: 'text/plain', headers: textHeaders, read: () => source },
  ];
}

/** Returns the document with the base path where it is mounted. */
export function mountedDocument({ document, basePath }: ContractDocument): JsonObject {
  const [server] = Array.isArray(document['servers']) ? document['servers'] : [];
  const rest = typeof server === 'object' && server !== null && !Array.isArray(server) ? server : {};
  return { ...document, servers: [{ ...rest, url: basePath }] };
}

/**
 * Issues a new session for each response, to pages of this origin on this machine only:
 * - The Host is a loopback name, so that no other name can resolve to this machine (DNS rebinding).
 * - The browser states that a page of the same origin fetches it (Fetch Metadata).
 */
function demoPage(contract: string, demo: NonNullable<ConsoleOptions['demo']>): Page {
  return {
    path: paths.demo(contract),
    mediaType: 'application/json',
    headers: secretHeaders,
    isGetOnly: true,
    read: async ({ host = '', 'sec-fetch-site': site }) => {
      const isLoopback = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(host);
      if (site !== 'same-origin' || !isLoopback) return undefined;
      const call = await demo(contract);
      return call && JSON.stringify(call);
    },
  };
}

/** The pages that every listener has: the files of all pages, and the page for unknown paths. */
function commonPages(kind: Frame['kind'], places: readonly Place[], files: readonly string[]): readonly Page[] {
  const swaggerUi = readSwaggerUi();
  const common = ['icon.svg', 'base.css', 'facts.css', 'reference.css', 'operations.css', 'copy.js', 'try-it.js'];
  return [
    ...[...common, ...files].map(assetPage),
    ...(swaggerUi ? [swaggerUi.script, swaggerUi.styles] : []),
    notFoundPage(kind, places),
  ];
}
