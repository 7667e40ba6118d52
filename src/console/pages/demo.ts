// A live token of the demo subject for the reference page; only where the operator asked for a demo.
import type { Page } from '../../http/types.ts';
import type { ConsoleOptions } from '../model.ts';
import { secretHeaders } from '../page.ts';
import { paths } from '../paths.ts';

/**
 * A new session with every response, for pages of this origin on this machine alone:
 * - by a name of the machine itself, so that no other name can be made to lead here (DNS rebinding);
 * - fetched by a page of the same origin, which the browser vouches for (Fetch Metadata).
 */
export function demoPage(contract: string, demo: NonNullable<ConsoleOptions['demo']>): Page {
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
