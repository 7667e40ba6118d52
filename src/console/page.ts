// How the pages of the console are served: their headers, and the origin that a reader found them at.
import type { Page } from '../http/types.ts';

/**
 * Only what comes from this origin, nothing inline, no frames. Swagger UI has icons in `data:` URLs; its inline styles it
 * sets through the DOM, which the policy does not concern.
 */
const policy = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `img-src 'self' data:`,
  `connect-src 'self'`,
  `font-src 'self'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

const common = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': policy,
} as const;

/** Documents, and files of ours. */
export const textHeaders = { ...common, 'Cache-Control': 'no-cache' };

/** Files of a package, whose address has its version in it. */
export const versionedHeaders = { ...common, 'Cache-Control': 'public, max-age=31536000, immutable' };

/** Live tokens and figures. */
export const secretHeaders = { ...common, 'Cache-Control': 'no-store' };

/** A page that may name the origin it was found at, which is empty where that is not known. */
export function htmlPage(path: string, textAt: (origin: string) => string): Page {
  const headers = { ...textHeaders, 'Cross-Origin-Opener-Policy': 'same-origin' };
  return { path, mediaType: 'text/html', headers, read: (request) => textAt(originIn(request)) };
}

/** The origin that a request was sent to, as far as its headers say it; it is only ever shown. */
function originIn({ host = '', 'x-forwarded-proto': scheme }: Parameters<Page['read']>[0]): string {
  return /^[\w.:[\]-]+$/.test(host) ? `${scheme === 'https' ? 'https' : 'http'}://${host}` : '';
}
