// Asks the server for new tokens, once, and stores what it answers.
import type { SessionContract } from './contract.ts';
import type { Kept } from './kept.ts';
import { inTime, retryAfter } from './pause.ts';
import { storedOf, type Stored } from './stored.ts';

/**
 * What is stored then, nothing where the session is over; or, where there was no answer to store, its status, if any, and
 * the milliseconds that it asks to wait.
 */
export type Asked =
  { readonly stored: Stored | undefined } | { readonly status: number | undefined; readonly wait: number };

export interface AskParts {
  readonly contract: SessionContract;
  readonly origin: string;
  readonly basePath: string;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds. */
  readonly answerTimeout: number;
  readonly kept: Kept;
}

/** Never fails: no answer, half of one, or one that cannot be read or stored are all the same. */
export async function ask(parts: AskParts, sent: Stored): Promise<Asked> {
  const { contract, origin, basePath, answerTimeout, kept } = parts;
  const { refreshToken, began } = sent;
  const asking = new AbortController();
  const { signal } = asking;
  let response: Response | undefined;
  // To where a redirect leads no refresh token may go.
  const fetch: typeof globalThis.fetch = async (input, init) =>
    (response = await parts.fetch(input, { ...init, redirect: 'manual' }));
  try {
    const came = await inTime(contract.send(refreshToken, { origin, basePath, fetch, signal }), answerTimeout);
    const answer = contract.read(came.response.status, came.body);
    if (answer.kind !== 'unavailable') {
      const next =
        answer.kind === 'granted'
          ? storedOf({ ...answer, refreshToken: answer.refreshToken ?? refreshToken }, began)
          : undefined;
      return { stored: await kept.replace(sent, next) };
    }
  } catch {
    asking.abort();
  }
  return { status: response?.status, wait: retryAfter(response) };
}
