// Tokens taken apart and put together by hand, without the code that is tested.

/** The claims of a token, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return partOf(token, 1);
}

/** The protected header of a token, unverified. */
export function headerOf(token: string): Record<string, unknown> {
  return partOf(token, 0);
}

function partOf(token: string, index: number): Record<string, unknown> {
  const value: unknown = JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString('utf8'));
  if (typeof value !== 'object' || value === null) throw new Error('not an object');
  return { ...value };
}

/** JSON as a base64url segment. */
export function segment(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The token with other bytes in the place of one segment. */
export function withSegment(token: string, index: number, replacement: string): string {
  return token
    .split('.')
    .map((part, at) => (at === index ? replacement : part))
    .join('.');
}

/** The same bytes in a second spelling: the stray bits of the last character set (RFC 4648 §3.5). */
export function respelled(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const [header = '', payload = '', signature = ''] = token.split('.');
  const last = signature.at(-1) ?? '';
  return [header, payload, signature.slice(0, -1) + (alphabet[alphabet.indexOf(last) + 1] ?? '')].join('.');
}
