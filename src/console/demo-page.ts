// A live token of the demo subject for the reference page to try with; there only where the operator asked for a demo.
import type { Page } from '../http/types.ts';
import { secretHeaders } from './headers.ts';
import { paths } from './paths.ts';

/** What the reference page fills in: the token, and the body of an operation that takes it there. */
export interface DemoCall {
  readonly token: string;
  readonly body: string | undefined;
}

/**
 * A new session with every answer, for pages of this origin on this machine alone:
 * - by the name of the machine itself, so that no name of somebody else's can be made to lead here (DNS rebinding);
 * - fetched by a page of the same origin, which the browser vouches for (Fetch Metadata).
 */
export function demoPage(contract: string, demo: (contract: string) => Promise<DemoCall | undefined>): Page {
  return {
    path: paths.demo(contract),
    mediaType: 'application/json',
    headers: secretHeaders,
    isGetOnly: true,
    read: async ({ host, 'sec-fetch-site': site }) => {
      if (site !== 'same-origin' || !isLoopback(host)) return undefined;
      const call = await demo(contract);
      return call && JSON.stringify(call);
    },
  };
}

function isLoopback(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(host ?? '');
}
