// Plain fetch: that of the session has the access token with it, and refreshes when it is time.
import { fib } from 'refract/client/fib';
import { createSession, type GivenTokens } from 'refract/session';

/** @param tokens what sign-in gave */
export async function readProfile(origin: string, api: string, tokens: GivenTokens): Promise<unknown> {
  const session = createSession({ contract: fib, origin, tokens, sendTo: [api] });
  session.on('signed-out', ({ reason }) => console.error(`sign in again: ${reason}`));
  const answer = await session.fetch(`${api}/profile`);
  return answer.json();
}
