// A request of a wrong shape, byte for byte.

export interface Shape {
  readonly what: string;
  readonly bytes: string | Uint8Array;
  /** What may be answered, in this order; anything below 500 where left out. */
  readonly statuses?: readonly number[];
  /** Nobody closes the connection, so that the server has to. */
  readonly isLeftOpen?: boolean;
  /** It is answered at most so many times; once where left out. */
  readonly most?: number;
}

/** Of the operation with a body that all of them are sent to. */
export const target = '/xerial/auth/refresh-tokens';
export const json = '{"refreshToken":"any.hostile.token"}';
export const host = 'Host: a';

/** A request for the one operation with a body. */
export function post(headers: readonly string[], body: string | Uint8Array): Uint8Array {
  const lines = [`POST ${target} HTTP/1.1`, host, ...headers, '', ''];
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), Buffer.from(body)]);
}

export function jsonPost(body: string | Uint8Array, more: readonly string[] = []): Uint8Array {
  const length = `Content-Length: ${String(Buffer.byteLength(body))}`;
  return post(['Content-Type: application/json', length, ...more], body);
}
