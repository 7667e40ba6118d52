// @node-oauth/oauth2-server on Express, as a peer: refreshes for a public client. The package leaves storage and JWTs to
// its user; these are fast ones.
import OAuth2Server from '@node-oauth/oauth2-server';
import { Buffer } from 'node:buffer';
import { createHmac, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import express from 'express';
import { listen } from '../../../src/http/listening.ts';
import { lifetimes, servePeer } from './peer.ts';

const client = { id: 'bench', grants: ['refresh_token'] };

await servePeer(async ({ kept, format, clients }) => {
  const oauth = new OAuth2Server({
    model: modelOf(kept, format === 'jwt'),
    accessTokenLifetime: lifetimes.access,
    refreshTokenLifetime: lifetimes.refresh,
    requireClientAuthentication: { refresh_token: false },
  });
  const tokens = Array.from({ length: clients }, () => randomBytes(32).toString('hex'));
  const expiresAt = Date.now() + lifetimes.refresh * 1000;
  for (const token of tokens) await kept.put(token, { subjectId: 'a subject', expiresAt }, { expiresAt });
  return { origin: await listen(createServer(onExpress(oauth)), 0, '127.0.0.1'), tokens };
});

/** As the project's own package for Express has it. */
function onExpress(oauth) {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  return app.post('/token', express.urlencoded({ extended: false }), async (request, response) => {
    const { headers, method, query, body } = request;
    const answer = new OAuth2Server.Response();
    // A refusal is in the response already.
    await oauth.token(new OAuth2Server.Request({ headers, method, query, body }), answer).catch(() => undefined);
    response.status(answer.status).set(answer.headers).send(answer.body);
  });
}

function modelOf(kept, isJwt) {
  const key = createSecretKey(randomBytes(32));
  const encoded = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const header = encoded({ alg: 'HS256', typ: 'at+jwt' });
  const sign = async (_client, { id }) => {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { sub: id, iat, exp: iat + lifetimes.access, jti: randomUUID(), client_id: client.id };
    const input = `${header}.${encoded(claims)}`;
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
  };
  return {
    getClient: async (id) => (id === client.id ? client : undefined),
    ...(isJwt && { generateAccessToken: sign }),
    getRefreshToken: async (token) => {
      const content = kept.find(token)?.content;
      if (content === undefined) return undefined;
      const refreshTokenExpiresAt = new Date(content.expiresAt);
      return { refreshToken: token, refreshTokenExpiresAt, client, user: { id: content.subjectId } };
    },
    revokeToken: ({ refreshToken }) => kept.remove(refreshToken),
    saveToken: async (token, of, { id }) => {
      const rows = [[token.refreshToken, token.refreshTokenExpiresAt]];
      if (!isJwt) rows.push([token.accessToken, token.accessTokenExpiresAt]);
      const put = ([name, at]) => kept.put(name, { subjectId: id, expiresAt: +at }, { expiresAt: +at });
      await Promise.all(rows.map(put));
      return { ...token, client: of, user: { id } };
    },
  };
}
