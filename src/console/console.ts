// The console: a start page with every contract at a glance, and for each a reference page to read and try it.
//
// - Everything is made here from values; http serves it. Nothing is loaded from another origin.
// - A page's addresses are made in paths.ts alone.
import type { ContractDocument } from '../http/documents.ts';
import type { Page } from '../http/types.ts';
import { assets } from './assets.ts';
import { demoPage, type DemoCall } from './demo-page.ts';
import { pageHeaders, textHeaders } from './headers.ts';
import { originIn } from './origin.ts';
import { paths } from './paths.ts';
import { referencePage } from './reference-page.ts';
import { sessionPages } from './session-page.ts';
import { shownDocument } from './shown-document.ts';
import { startPage } from './start-page.ts';
import { readSwaggerUi } from './swagger-ui.ts';

/** A contract as it is shown. */
export interface ConsoleContract {
  /** With the base path that it is mounted at. */
  readonly document: ContractDocument;
  /** What it runs under; a mock runs under nothing. */
  readonly runs: ContractRuns | undefined;
  readonly hasPublicKeys: boolean;
}

/** Durations in seconds. */
export interface ContractRuns {
  readonly algorithm: string;
  readonly policy: 'single-use' | 'reusable' | 'static';
  readonly accessLifetime: number;
  readonly refreshLifetime: number;
  readonly sessionLifetime: number;
  readonly gracePeriod: number;
}

export interface ConsoleOptions {
  readonly kind: 'server' | 'mock';
  readonly contracts: readonly ConsoleContract[];
  /** Where a mock of the same contracts runs, for example `http://127.0.0.1:4010`. */
  readonly mockOrigin?: string | undefined;
  /** Issues a demo session and gives the call with its token, so that try-it needs no token of the reader's own. */
  readonly demo?: ((contract: string) => Promise<DemoCall | undefined>) | undefined;
}

/** All pages of the console. */
export function consolePages(options: ConsoleOptions): readonly Page[] {
  const { contracts, demo } = options;
  const swaggerUi = readSwaggerUi();
  return [
    page(paths.start, (origin) => startPage(options, origin)),
    ...contracts.flatMap((contract) => {
      const { name, source } = contract.document;
      const shown = JSON.stringify(shownDocument(contract.document));
      return [
        page(paths.reference(name), (origin) => referencePage({ ...options, contract, origin, swaggerUi })),
        { path: paths.json(name), mediaType: 'application/json', headers: textHeaders, read: () => shown },
        // As plain text, which browsers show; what is of the type for YAML they save.
        { path: paths.yaml(name), mediaType: 'text/plain', headers: textHeaders, read: () => source },
        ...(demo === undefined ? [] : [demoPage(name, demo)]),
      ];
    }),
    ...(demo === undefined ? [] : sessionPages(options)),
    ...[assets.icon, assets.startStyles, assets.referenceStyles, assets.tryIt],
    ...(swaggerUi === undefined ? [] : [swaggerUi.script, swaggerUi.styles]),
  ];
}

function page(path: string, textAt: (origin: string) => string): Page {
  return { path, mediaType: 'text/html', headers: pageHeaders, read: (headers) => textAt(originIn(headers)) };
}
