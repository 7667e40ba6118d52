// Where a reader found a page.
import type { Page } from '../http/types.ts';

/** The origin that a request was sent to, as far as its headers say it; it is only ever shown. */
export function originIn({ host = '', 'x-forwarded-proto': scheme }: Parameters<Page['read']>[0]): string {
  return /^[\w.:[\]-]+$/.test(host) ? `${scheme === 'https' ? 'https' : 'http'}://${host}` : '';
}
