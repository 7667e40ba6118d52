// The status page of the admin listener, for whoever would rather look than read metrics: one page, its figures as
// JSON, and beside it the reference of the operators' contract.
import type { ContractDocument } from '../http/documents.ts';
import type { Page } from '../http/types.ts';
import { assets } from './assets.ts';
import { documentPages, htmlPage } from './document-pages.ts';
import { secretHeaders } from './headers.ts';
import { paths } from './paths.ts';
import { referencePage } from './reference-page.ts';
import { statusPage } from './status-page.ts';
import { readSwaggerUi, referenceAssets } from './swagger-ui.ts';

/** Everything that the page draws. Times in seconds since 1970. */
export interface StatusShown {
  readonly now: number;
  readonly startedAt: number;
  readonly checks: readonly { readonly part: string; readonly trouble: string | null }[];
  /** Audit events that could not be written since the start. */
  readonly lost: number;
  /** Where the series of the contracts begin, for how many seconds each of their counts stands, and how many there are. */
  readonly history: { readonly begin: number; readonly slotLength: number; readonly slotCount: number };
  readonly contracts: readonly {
    readonly name: string;
    readonly title: string;
    /** Living sessions; left out where the store cannot be asked. */
    readonly living: number | undefined;
    /** Requests by what they came to, oldest count first. */
    readonly series: Readonly<Record<string, readonly number[]>>;
  }[];
}

export interface StatusOptions {
  readonly contracts: readonly { readonly name: string; readonly title: string }[];
  /** The admin contract, as it is mounted. */
  readonly admin: ContractDocument;
  /** Where a mock of it runs. */
  readonly mockOrigin: string | undefined;
  readonly read: () => Promise<StatusShown>;
}

export function statusPages(options: StatusOptions): readonly Page[] {
  const { admin, mockOrigin } = options;
  const contract = { document: admin, runs: undefined, hasPublicKeys: false };
  const swaggerUi = readSwaggerUi();
  const places = [
    { name: 'status', path: paths.start },
    { name: 'reference', path: paths.reference(admin.name) },
  ];
  return [
    htmlPage(paths.start, (origin) => statusPage(options, places, origin)),
    ...documentPages(contract, (origin) =>
      referencePage({ kind: 'admin', contract, places, origin, swaggerUi, mockOrigin }),
    ),
    ...referenceAssets(swaggerUi),
    {
      path: paths.status,
      mediaType: 'application/json',
      headers: secretHeaders,
      read: async () => JSON.stringify(await options.read()),
    },
    assets.icon,
    assets.statusStyles,
    assets.status,
  ];
}
