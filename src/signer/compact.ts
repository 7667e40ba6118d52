// The form of a token, checked before any key: a compact JWS (RFC 7515 §7.1) in the one spelling that we write.

/** The protected header as we write it. Anything more is refused: `crit`, `jwk`, `jku`, `x5u`, `x5c`, `b64`, `zip`. */
export interface Header {
  readonly typ: 'JWT';
  readonly alg: string;
  readonly kid: string;
}

/** The protected header of a token of another server, which may name no key. Anything more is refused as well. */
export interface LegacyHeader {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** Reads the header of a well-formed token; `undefined` for any other text. */
export function readHeader(token: string): Header | undefined {
  const members = membersOf(token);
  if (members === undefined || Object.keys(members).length !== 3) return undefined;
  const { typ, alg, kid } = members;
  return typ === 'JWT' && typeof alg === 'string' && typeof kid === 'string' ? { typ, alg, kid } : undefined;
}

/** The same for a token of another server: `typ` and `kid` may be missing (RFC 7515 §4.1). */
export function readLegacyHeader(token: string): LegacyHeader | undefined {
  const { typ, alg, kid, ...others } = membersOf(token) ?? {};
  const isWellTyped = isTextOrMissing(typ) && isTextOrMissing(kid) && typeof alg === 'string';
  return isWellTyped && Object.keys(others).length === 0 ? { alg, kid } : undefined;
}

function isTextOrMissing(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function membersOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const segments = token.split('.', 4);
  const [header] = segments;
  if (segments.length !== 3 || header === undefined || !segments.every(isCanonicalBase64url)) return undefined;
  return parseObject(Buffer.from(header, 'base64url'));
}

/** A JSON object as a segment of a token (RFC 7515 §2). */
export function segmentOf(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Parses a JSON object; `undefined` for other JSON, for no JSON and for bytes that are not UTF-8. */
export function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(strictUtf8.decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** RFC 4648 §3.5 and §5: no padding, no foreign character, no stray bits at the end, so every token has one spelling. */
function isCanonicalBase64url(segment: string): boolean {
  return segment !== '' && Buffer.from(segment, 'base64url').toString('base64url') === segment;
}
