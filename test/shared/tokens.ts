// Parses and builds tokens without the code under test.

/** Returns the claims of a token without verification. */
export function claimsOf(token: string): Record<string, unknown> {
  return partOf(token, 1);
}

/** Returns the protected header of a token without verification. */
export function headerOf(token: string): Record<string, unknown> {
  return partOf(token, 0);
}

function partOf(token: string, index: number): Record<string, unknown> {
  const value: unknown = JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString('utf8'));
  if (typeof value !== 'object' || value === null) throw new Error('not an object');
  return { ...value };
}

/** Returns JSON as a base64url segment. */
export function segment(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Replaces one segment of a token. */
export function withSegment(token: string, index: number, replacement: string): string {
  return token
    .split('.')
    .map((part, at) => (at === index ? replacement : part))
    .join('.');
}

/** Returns another encoding of the same bytes, with unused bits set in the last character (RFC 4648 §3.5). */
export function respelled(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const [header = '', payload = '', signature = ''] = token.split('.');
  const last = signature.at(-1) ?? '';
  return [header, payload, signature.slice(0, -1) + (alphabet[alphabet.indexOf(last) + 1] ?? '')].join('.');
}
