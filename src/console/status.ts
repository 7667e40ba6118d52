// The status page of the admin listener, for whoever would rather look than read metrics: one page, its figures as
// JSON, and what the page loads.
import type { Page } from '../http/types.ts';
import { assets } from './assets.ts';
import { pageHeaders, secretHeaders } from './headers.ts';
import { originIn } from './origin.ts';
import { paths } from './paths.ts';
import { statusPage } from './status-page.ts';

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
  /** Where the admin contract is mounted. */
  readonly adminPath: string;
  readonly read: () => Promise<StatusShown>;
}

export function statusPages(options: StatusOptions): readonly Page[] {
  return [
    {
      path: paths.start,
      mediaType: 'text/html',
      headers: pageHeaders,
      read: (headers) => statusPage(options, originIn(headers)),
    },
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
