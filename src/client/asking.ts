// Asks the server for new tokens, once.
import type { Answer, SessionContract } from './contract.ts';
import { inTime, retryAfter } from './pause.ts';

/** What came of it; the status, where there was one; and the milliseconds that the answer asks to wait. */
export interface Asked {
  readonly answer: Answer;
  readonly status: number | undefined;
  readonly wait: number;
}

export interface AskParts {
  readonly contract: SessionContract;
  readonly origin: string;
  readonly basePath: string;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds. */
  readonly answerTimeout: number;
}

/** Never fails: no answer, half of one, or one that cannot be read are all the same. */
export async function ask(parts: AskParts, refreshToken: string): Promise<Asked> {
  const { contract, origin, basePath, answerTimeout } = parts;
  const asking = new AbortController();
  const { signal } = asking;
  let response: Response | undefined;
  // To where a redirect leads no refresh token may go.
  const fetch: typeof globalThis.fetch = async (input, init) => {
    response = await parts.fetch(input, { ...init, redirect: 'manual' });
    return response;
  };
  let answer: Answer = { kind: 'unavailable' };
  try {
    const sent = await inTime(contract.send(refreshToken, { origin, basePath, fetch, signal }), answerTimeout);
    answer = contract.read(sent.response.status, sent.body);
  } catch {
    asking.abort();
  }
  return { answer, status: response?.status, wait: retryAfter(response) };
}
