// The document of a contract: as JSON at the place where it is mounted, and as its file says it.
import type { ContractDocument, JsonObject } from '../../http/documents.ts';
import type { Page } from '../../http/types.ts';
import { textHeaders } from '../page.ts';
import { paths } from '../paths.ts';

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
