// A typed client of your own API that uses the session.
import createClient from 'openapi-fetch';
import { xerial } from 'refract/client/xerial';
import { createSession, sessionMiddleware, type GivenTokens } from 'refract/session';
import type { paths } from './api.ts';

export async function readProfile(origin: string, api: string, tokens: GivenTokens): Promise<string | undefined> {
  const client = createClient<paths>({ baseUrl: api });
  client.use(sessionMiddleware(createSession({ contract: xerial, origin, tokens })));
  const { data } = await client.GET('/profile');
  return data?.subject;
}
