// node-oidc-provider with rotation on, as one that is compared with: refreshes for a public client, on the adapter and
// with the access tokens that it is told of. It validates no reply, and no signature: its refresh tokens are opaque.
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';
import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { listen } from '../../../src/http/listening.ts';
import type { Kept } from './kept.ts';
import { lifetimes, served, type PeerOptions } from './peer.ts';

const clientId = 'bench';
const resource = 'urn:refract:bench';
const scope = 'api';

await served(async ({ kept, format, clients }: PeerOptions<AdapterPayload>) => {
  const isJwt = format === 'jwt';
  const key = createSecretKey(randomBytes(32));
  // Of ID tokens alone, none of which is issued; without one it makes do with a key of its own and complains.
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const provider = new Provider('http://127.0.0.1', {
    adapter: (model) => adapterOf(model, kept),
    clients: [
      {
        client_id: clientId,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['https://client.example/callback'],
      },
    ],
    jwks: { keys: [privateKey.export({ format: 'jwk' })] },
    rotateRefreshToken: true,
    scopes: ['offline_access', scope],
    ttl: { AccessToken: lifetimes.access, RefreshToken: lifetimes.refresh, Grant: lifetimes.refresh },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: isJwt,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'HS256', key } },
        }),
      },
    },
  });
  const client = await provider.Client.find(clientId);
  const issue = async (index: number): Promise<string> => {
    const accountId = `subject-${String(index)}`;
    const grant = new provider.Grant({ accountId, clientId });
    grant.addOIDCScope(`offline_access ${scope}`);
    if (isJwt) grant.addResourceScope(resource, scope);
    const grantId = await grant.save();
    const gty = 'authorization_code';
    const of = isJwt ? { resource, scope } : { scope: `offline_access ${scope}` };
    return new provider.RefreshToken({ accountId, client, grantId, gty, ...of }).save();
  };
  const tokens: string[] = [];
  for (let index = 0; index < clients; index += 1) tokens.push(await issue(index));
  return { origin: await listen(createServer(provider.callback()), 0, '127.0.0.1'), tokens };
});

/** @see https://github.com/panva/node-oidc-provider/blob/main/example/my_adapter.js, which says what each is for */
function adapterOf(model: string, kept: Kept<AdapterPayload>): Adapter {
  const idOf = (id: string): string => `${model}:${id}`;
  const now = (): number => Math.floor(Date.now() / 1000);
  const byOther = async (): Promise<undefined> => undefined;
  return {
    upsert: (id, payload, expiresIn = lifetimes.refresh) =>
      kept.put(idOf(id), payload, { grantId: payload.grantId, expiresAt: now() + expiresIn }),
    find: async (id) => {
      const found = kept.find(idOf(id));
      return found && (found.consumedAt === null ? found.content : { ...found.content, consumed: found.consumedAt });
    },
    // Of browser sessions and of device codes, which no refresh has to do with.
    findByUid: byOther,
    findByUserCode: byOther,
    consume: (id) => kept.consume(idOf(id), now()),
    destroy: async (id) => {
      await kept.remove(idOf(id));
    },
    revokeByGrantId: (grantId) => kept.removeAllOf(grantId),
  };
}
