// What the pages load as data: the document of a contract, and a live token of the demo subject.
import type { ContractDocument, JsonObject } from '../../http/documents.ts';
import type { Page } from '../../http/types.ts';
import type { ConsoleOptions } from '../model.ts';
import { paths, secretHeaders, textHeaders } from '../page.ts';

/** As JSON at the place where it is mounted, and as its file says it. */
export function documentPages(document: ContractDocument): readonly Page[] {
  const { name, source } = document;
  const shown = JSON.stringify(shownDocument(document));
  return [
    { path: paths.json(name), mediaType: 'application/json', headers: textHeaders, read: () => shown },
    // As plain text, which browsers show; they download the media type of YAML.
    { path: paths.yaml(name), mediaType: 'text/plain', headers: textHeaders, read: () => source },
  ];
}

/** The document with the base path that it is mounted at. */
export function shownDocument({ document, basePath }: ContractDocument): JsonObject {
  const [server] = Array.isArray(document['servers']) ? document['servers'] : [];
  const described = typeof server === 'object' && server !== null && !Array.isArray(server) ? server : {};
  return { ...document, servers: [{ ...described, url: basePath }] };
}

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
