// The two replies that every document has in addition to the published ones. They are plain text, because published clients
// of two of these APIs store any JSON body of a status other than 401 as tokens.
import type { FailureContext } from '../../http/types.ts';

/** 429 with the seconds to wait. */
export function throttled({ retryAfter }: FailureContext) {
  return {
    status: 429,
    headers: { 'Retry-After': retryAfter },
    body: 'Too many requests. Try again after the number of seconds in Retry-After.',
  } as const;
}

/** 503: a retry is safe. */
export function unavailable({ retryAfter }: FailureContext) {
  return {
    status: 503,
    headers: { 'Retry-After': retryAfter },
    body: 'Temporarily unavailable. Nothing was changed; try again after the number of seconds in Retry-After.',
  } as const;
}
