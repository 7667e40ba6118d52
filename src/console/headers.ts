// What every answer of the console says to the browser besides its content.

/**
 * Nothing but what comes from this origin, nothing inline, nobody frames it. Swagger UI has icons in `data:` URLs; what
 * it styles inline it styles through the DOM, which the policy does not concern.
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

/** Pages show what is served this minute. */
export const pageHeaders = { ...common, 'Cache-Control': 'no-cache', 'Cross-Origin-Opener-Policy': 'same-origin' };

/** Documents and files of ours. */
export const textHeaders = { ...common, 'Cache-Control': 'no-cache' };

/** Files of a package, whose address has its version in it. */
export const versionedHeaders = { ...common, 'Cache-Control': 'public, max-age=31536000, immutable' };

/** Live tokens. */
export const secretHeaders = { ...common, 'Cache-Control': 'no-store' };
