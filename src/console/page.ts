// The paths of the console's pages, and their headers.
import type { Page } from '../http/types.ts';

const folder = '/console';

export const paths = {
  start: '/',
  status: '/status.json',
  notFound: `${folder}/*`,
  reference: (contract: string): string => `${folder}/${contract}`,
  json: (contract: string): string => `${folder}/${contract}.json`,
  yaml: (contract: string): string => `${folder}/${contract}.yaml`,
  demo: (contract: string): string => `${folder}/demo/${contract}.json`,
  asset: (file: string): string => `${folder}/assets/${file}`,
  session: (contract?: string): string =>
    contract === undefined ? `${folder}/session` : `${folder}/session/${contract}`,
  jwks: (contract: string): string => `/jwks/${contract}.json`,
} as const;

/**
 * Allows this origin only: nothing inline, no frames. Swagger UI has icons in `data:` URLs. It sets its inline styles
 * through the DOM, to which the policy does not apply.
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

/** For pages, documents and files of this package. */
export const textHeaders = { ...common, 'Cache-Control': 'no-cache' };

/** For files whose path contains their version. */
export const versionedHeaders = { ...common, 'Cache-Control': 'public, max-age=31536000, immutable' };

/** For live tokens and figures. */
export const secretHeaders = { ...common, 'Cache-Control': 'no-store' };

/** @param render takes the origin of the request, or an empty string when it is unknown */
export function htmlPage(path: string, render: (origin: string) => string): Page {
  const headers = { ...textHeaders, 'Cross-Origin-Opener-Policy': 'same-origin' };
  return { path, mediaType: 'text/html', headers, read: (request) => render(originOf(request)) };
}

/** Reads the origin from the request headers. It is displayed only, never trusted. */
function originOf({ host = '', 'x-forwarded-proto': scheme }: Parameters<Page['read']>[0]): string {
  return /^[\w.:[\]-]+$/.test(host) ? `${scheme === 'https' ? 'https' : 'http'}://${host}` : '';
}
