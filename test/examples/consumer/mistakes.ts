// Code that must not compile. If a line compiles, the compiler reports its unused expectation.
import { createAdminClient } from 'refract/client/admin';
import { createCloudreveClient } from 'refract/client/cloudreve';
import { createFibClient, fib } from 'refract/client/fib';
import { createKirjaswappiClient } from 'refract/client/kirjaswappi';
import { createOrillionClient } from 'refract/client/orillion';
import { createXerialClient } from 'refract/client/xerial';
import { createServer } from 'refract/server';
import { createSession } from 'refract/session';

const origin = 'http://127.0.0.1:8080';

export async function fibMistakes(): Promise<void> {
  const { client, refresh } = createFibClient(origin);
  // @ts-expect-error the contract has no such path
  await client.PATCH('/auth/api/v1/authentication-management/sessions');
  // @ts-expect-error it is a PATCH
  await client.POST('/auth/api/v1/authentication-management/session');
  // @ts-expect-error the refresh token is missing
  const { data, error } = await refresh();
  // @ts-expect-error the field is accessToken
  console.log(data?.data.access_token);
  // @ts-expect-error an error has no tokens
  console.log(error?.data.accessToken);
  console.log(data?.status.message);
}

export async function orillionMistakes(): Promise<void> {
  const { client, refresh } = createOrillionClient(origin);
  // @ts-expect-error the contract has no such path
  await client.PATCH('/auth/api/v1/authentication-management/sessions');
  // @ts-expect-error a refresh token is text
  const { data } = await refresh(1);
  // @ts-expect-error this revision has no message
  console.log(data?.status.message);
}

export async function xerialMistakes(): Promise<void> {
  const { client } = createXerialClient(origin);
  // @ts-expect-error the contract has no such path
  await client.POST('/auth/refresh-token', { body: { refreshToken: '' } });
  // @ts-expect-error the body is missing
  await client.POST('/auth/refresh-tokens');
  // @ts-expect-error the field is refreshToken
  const { data } = await client.POST('/auth/refresh-tokens', { body: { refresh_token: '' } });
  // @ts-expect-error the token of an access token is in `token`
  console.log(data?.access.accessToken);
}

export async function kirjaswappiMistakes(): Promise<void> {
  const { client } = createKirjaswappiClient(origin);
  // @ts-expect-error the contract has no such path
  await client.POST('/api/v1/refresh', { body: { refreshToken: '' } });
  // @ts-expect-error the body is missing
  await client.POST('/api/v1/authenticate/refresh');
  // @ts-expect-error the field is refreshToken
  const { data } = await client.POST('/api/v1/authenticate/refresh', { body: { token: '' } });
  // @ts-expect-error there is no successor
  console.log(data?.refreshToken);
}

export async function cloudreveMistakes(): Promise<void> {
  const { client } = createCloudreveClient(origin);
  // @ts-expect-error the base path is no part of the path
  await client.POST('/cloudreve/api/v4/session/token/refresh', { body: { refresh_token: '' } });
  // @ts-expect-error the body is missing
  await client.POST('/session/token/refresh');
  // @ts-expect-error the field is refresh_token
  const { data } = await client.POST('/session/token/refresh', { body: { refreshToken: '' } });
  // @ts-expect-error a failure has no data, so the code comes first
  console.log(data?.data.access_token);
}

export async function adminMistakes(): Promise<void> {
  const { client } = createAdminClient(origin);
  // @ts-expect-error the contract has no such path
  await client.GET('/session', {});
  // @ts-expect-error the body is missing
  await client.POST('/sessions');
  // @ts-expect-error the field is subjectId
  await client.POST('/sessions', { body: { contract: 'fib', subject: 'alice' } });
}

export async function otherMistakes(): Promise<void> {
  // @ts-expect-error a session needs the origin of a server
  const session = createSession({ contract: fib });
  // @ts-expect-error there is no such event
  session.on('refresh', () => undefined);
  // @ts-expect-error settings are text, as in the environment
  const server = await createServer({ settings: { PORT: 0 } });
  // @ts-expect-error a subject is required
  await server.issue('fib');
}
