// node-oidc-provider with rotation on, as a peer: refreshes for a public client. It validates no response and verifies no
// signature, for its refresh tokens are opaque.
import Provider from 'oidc-provider';
import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { listen } from '../../../src/http/listening.ts';
import { lifetimes, servePeer } from './peer.ts';

const clientId = 'bench';
const resource = 'urn:refract:bench';
const scope = 'api';

await servePeer(async ({ kept, format, clients }) => {
  const isJwt = format === 'jwt';
  const key = createSecretKey(randomBytes(32));
  // For ID tokens, none of which is issued; without one the provider warns and uses a key of its own.
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
        getResourceServerInfo: () => ({ scope, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'HS256', key } } }),
      },
    },
  });
  const client = await provider.Client.find(clientId);
  const tokens = [];
  for (let index = 0; index < clients; index += 1) {
    const accountId = `subject-${index}`;
    const grant = new provider.Grant({ accountId, clientId });
    grant.addOIDCScope(`offline_access ${scope}`);
    if (isJwt) grant.addResourceScope(resource, scope);
    const granted = { accountId, client, grantId: await grant.save(), gty: 'authorization_code' };
    const of = isJwt ? { resource, scope } : { scope: `offline_access ${scope}` };
    tokens.push(await new provider.RefreshToken({ ...granted, ...of }).save());
  }
  return { origin: await listen(createServer(provider.callback()), 0, '127.0.0.1'), tokens };
});

/** @see https://github.com/panva/node-oidc-provider/blob/main/example/my_adapter.js */
function adapterOf(model, kept) {
  const idOf = (id) => `${model}:${id}`;
  const now = () => Math.floor(Date.now() / 1000);
  return {
    upsert: (id, payload, expiresIn = lifetimes.refresh) =>
      kept.put(idOf(id), payload, { grantId: payload.grantId, expiresAt: now() + expiresIn }),
    find: async (id) => {
      const found = kept.find(idOf(id));
      return found && (found.consumedAt === null ? found.content : { ...found.content, consumed: found.consumedAt });
    },
    consume: (id) => kept.consume(idOf(id), now()),
    destroy: (id) => kept.remove(idOf(id)),
    revokeByGrantId: (grantId) => kept.removeAllOf(grantId),
  };
}
