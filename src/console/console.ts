// The console: a start page with every contract at a glance, and for each a reference page to read and try it.
//
// - Everything is made here from values; http serves it. Nothing is loaded from another origin.
// - A page's addresses are made in paths.ts alone.
import type { ContractDocument } from '../http/documents.ts';
import type { Page } from '../http/types.ts';
import { assets } from './assets.ts';
import { demoPage, type DemoCall } from './demo-page.ts';
import { documentPages, htmlPage } from './document-pages.ts';
import { paths } from './paths.ts';
import { referencePage } from './reference-page.ts';
import { sessionPages } from './session-page.ts';
import { startPage } from './start-page.ts';
import { readSwaggerUi, referenceAssets } from './swagger-ui.ts';

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
  /** The operators' own contract, where it is to be seen beside the others. */
  readonly operators?: ConsoleContract | undefined;
  /** Where a mock of the same contracts runs, for example `http://127.0.0.1:4010`. */
  readonly mockOrigin?: string | undefined;
  /** Issues a demo session and gives the call with its token, so that try-it needs no token of the reader's own. */
  readonly demo?: ((contract: string) => Promise<DemoCall | undefined>) | undefined;
}

/** All pages of the console. */
export function consolePages(options: ConsoleOptions): readonly Page[] {
  const { contracts, operators, demo } = options;
  const swaggerUi = readSwaggerUi();
  const referred = operators === undefined ? contracts : [...contracts, operators];
  const places = referred.map(({ document: { name } }) => ({ name, path: paths.reference(name) }));
  return [
    htmlPage(paths.start, (origin) => startPage(options, origin)),
    ...referred.flatMap((contract) =>
      documentPages(contract, (origin) => referencePage({ ...options, contract, places, origin, swaggerUi })),
    ),
    ...(demo === undefined ? [] : contracts.map(({ document }) => demoPage(document.name, demo))),
    ...(demo === undefined ? [] : sessionPages(options)),
    ...[assets.icon, assets.startStyles],
    ...referenceAssets(swaggerUi),
  ];
}
