// Calls every contract with its generated types. The return types are declared here, so that a type that the package
// lost does not compile.
import { createAdminClient } from 'refract/client/admin';
import { createCloudreveClient } from 'refract/client/cloudreve';
import { createFibClient } from 'refract/client/fib';
import { createKirjaswappiClient } from 'refract/client/kirjaswappi';
import { createOrillionClient } from 'refract/client/orillion';
import { createXerialClient } from 'refract/client/xerial';

export type Contract = 'cloudreve' | 'fib' | 'kirjaswappi' | 'orillion' | 'xerial';

/** Refreshes once in each contract. @returns the new access tokens */
export async function refreshAll(
  origin: string,
  tokens: Readonly<Record<Contract, string>>,
): Promise<Record<Contract, string>> {
  const cloudreve = await createCloudreveClient(origin).refresh(tokens.cloudreve);
  const fib = await createFibClient(origin).refresh(tokens.fib);
  const kirjaswappi = await createKirjaswappiClient(origin).refresh(tokens.kirjaswappi);
  const orillion = await createOrillionClient(origin).refresh(tokens.orillion);
  const xerial = await createXerialClient(origin).refresh(tokens.xerial);
  if (cloudreve.data?.code !== 0) throw new Error(`cloudreve: ${String(cloudreve.data?.msg)}`);
  if (fib.error !== undefined || fib.data === undefined) throw new Error(messageOf(fib.error));
  if (kirjaswappi.data === undefined) throw new Error(messageOf(kirjaswappi.error));
  if (orillion.data === undefined) throw new Error(messageOf(orillion.error));
  if (xerial.data === undefined) throw new Error(messageOf(xerial.error));
  const seconds: number = fib.data.data.expirationTime + orillion.data.data.expirationTime;
  if (Number.isNaN(Date.parse(xerial.data.access.expires)) || seconds <= 0) throw new Error('a lifetime is missing');
  return {
    cloudreve: cloudreve.data.data.access_token,
    fib: fib.data.data.accessToken,
    kirjaswappi: kirjaswappi.data.jwtToken,
    orillion: orillion.data.data.accessToken,
    xerial: xerial.data.access.token,
  };
}

/** Lists the contracts in which a subject has sessions. */
export async function contractsOf(adminOrigin: string, adminToken: string, subjectId: string): Promise<string[]> {
  const { client } = createAdminClient(adminOrigin, { headers: { authorization: `Bearer ${adminToken}` } });
  const { data, error } = await client.GET('/sessions', { params: { query: { subject: subjectId } } });
  if (data === undefined) throw new Error(messageOf(error));
  return data.sessions.map(({ contract }) => contract).sort();
}

function messageOf(error: unknown): string {
  return `refused: ${JSON.stringify(error)}`;
}
