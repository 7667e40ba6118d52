// What the reader of one document is given: its reference page, and the document as JSON and as its file says it.
import type { Page } from '../http/types.ts';
import type { ConsoleContract } from './console.ts';
import { pageHeaders, textHeaders } from './headers.ts';
import { originIn } from './origin.ts';
import { paths } from './paths.ts';
import { shownDocument } from './shown-document.ts';

/** @param referenceAt the page, for a reader who has found it at an origin */
export function documentPages({ document }: ConsoleContract, referenceAt: (origin: string) => string): readonly Page[] {
  const { name, source } = document;
  const shown = JSON.stringify(shownDocument(document));
  return [
    htmlPage(paths.reference(name), referenceAt),
    { path: paths.json(name), mediaType: 'application/json', headers: textHeaders, read: () => shown },
    // As plain text, which browsers show; what is of the type for YAML they save.
    { path: paths.yaml(name), mediaType: 'text/plain', headers: textHeaders, read: () => source },
  ];
}

/** A page that may name the origin it was found at. */
export function htmlPage(path: string, textAt: (origin: string) => string): Page {
  return { path, mediaType: 'text/html', headers: pageHeaders, read: (headers) => textAt(originIn(headers)) };
}
