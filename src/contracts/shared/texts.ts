// The two replies that every contract adds to its document, in plain text on purpose: published clients of two of
// these APIs store any JSON body of a non-401 answer as if it were tokens.
import type { FailureContext } from '../../http/types.ts';

/** 429, with the seconds that the caller is to wait. */
export function throttled({ retryAfter }: FailureContext) {
  return {
    status: 429,
    headers: { 'Retry-After': retryAfter },
    body: 'Too many requests. Try again after the number of seconds in Retry-After.',
  } as const;
}

/** 503: nothing was changed, or the retry repeats. */
export function unavailable({ retryAfter }: FailureContext) {
  return {
    status: 503,
    headers: { 'Retry-After': retryAfter },
    body: 'Temporarily unavailable. Nothing was changed; try again after the number of seconds in Retry-After.',
  } as const;
}
