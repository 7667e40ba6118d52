// Plain fetch: `session.fetch` attaches the access token, and refreshes it when it expires.
import { fib } from 'refract/client/fib';
import { createSession, type GivenTokens } from 'refract/session';

/** @param tokens from the response of your sign-in */
export async function readProfile(origin: string, api: string, tokens: GivenTokens): Promise<unknown> {
  const session = createSession({ contract: fib, origin, tokens, sendTo: [api] });
  session.on('signed-out', ({ reason }) => console.error(`sign in again: ${reason}`));
  const response = await session.fetch(`${api}/profile`);
  return response.json();
}
