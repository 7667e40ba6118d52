// @node-oauth/oauth2-server, as one that is compared with: refreshes for a public client, on Express as most have it or
// on Node's server alone, with the storage and the access tokens that it is told of. Who uses the package brings all
// three along; these are quick ones.
import OAuth2Server, { type Client, type Model, type RefreshToken } from '@node-oauth/oauth2-server';
import { createHmac, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import express from 'express';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { listen } from '../../../src/http/listening.ts';
import type { Kept } from './kept.ts';
import { lifetimes, served, type PeerOptions } from './peer.ts';

/** Of a refresh token, and of an access token where it is opaque. */
interface Row {
  readonly subjectId: string;
  readonly expiresAt: number;
}

const isBare = process.argv.includes('bare');
const client: Client = { id: 'bench', grants: ['refresh_token'] };

await served(async ({ kept, format, clients }: PeerOptions<Row>) => {
  const oauth = new OAuth2Server({
    model: modelOf(kept, format === 'jwt'),
    accessTokenLifetime: lifetimes.access,
    refreshTokenLifetime: lifetimes.refresh,
    requireClientAuthentication: { refresh_token: false },
  });
  const listener = isBare ? bare(oauth) : onExpress(oauth);
  const tokens = await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      const token = randomBytes(32).toString('hex');
      const expiresAt = Date.now() + lifetimes.refresh * 1000;
      await kept.put(token, { subjectId: `subject-${String(index)}`, expiresAt }, { grantId: undefined, expiresAt });
      return token;
    }),
  );
  return { origin: await listen(createServer(listener), 0, '127.0.0.1'), tokens };
});

/** As the project's own package for Express has it. */
function onExpress(oauth: OAuth2Server): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  return app.post('/token', express.urlencoded({ extended: false }), async (request, response) => {
    const { headers, method, query } = request;
    // The parser's result for a form.
    const body = request.body as object;
    const answer = await answered(oauth, { headers, method, query, body });
    response.status(answer.status).set(answer.headers).send(answer.body);
  });
}

function bare(oauth: OAuth2Server): RequestListener {
  const respond = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    let text = '';
    for await (const chunk of incoming) text += String(chunk);
    const { headers, method = 'POST' } = incoming;
    const body = Object.fromEntries(new URLSearchParams(text));
    const answer = await answered(oauth, { headers, method, query: {}, body });
    const written = JSON.stringify(answer.body);
    outgoing.writeHead(answer.status, {
      ...answer.headers,
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(written),
    });
    outgoing.end(written);
  };
  return (incoming, outgoing) => {
    respond(incoming, outgoing).catch((reason: unknown) => outgoing.destroy(new Error(String(reason))));
  };
}

type Asked = ConstructorParameters<typeof OAuth2Server.Request>[0];

async function answered(oauth: OAuth2Server, asked: Asked): Promise<InstanceType<typeof OAuth2Server.Response>> {
  const response = new OAuth2Server.Response();
  try {
    await oauth.token(new OAuth2Server.Request(asked), response);
  } catch {
    // The response says it already.
  }
  return response;
}

function modelOf(kept: Kept<Row>, isJwt: boolean): Model {
  const key = createSecretKey(randomBytes(32));
  const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const header = encoded({ alg: 'HS256', typ: 'at+jwt' });
  const signed = async (_client: Client, { id }: { id: string }): Promise<string> => {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { sub: id, iat, exp: iat + lifetimes.access, jti: randomUUID(), client_id: client.id };
    const input = `${header}.${encoded(claims)}`;
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
  };
  return {
    getClient: async (id) => (id === client.id ? client : undefined),
    ...(isJwt && { generateAccessToken: signed }),
    getRefreshToken: async (token): Promise<RefreshToken | undefined> => {
      const found = kept.find(token);
      if (found === undefined) return undefined;
      const { subjectId, expiresAt } = found.content;
      return { refreshToken: token, refreshTokenExpiresAt: new Date(expiresAt), client, user: { id: subjectId } };
    },
    revokeToken: ({ refreshToken }) => kept.remove(refreshToken),
    saveToken: async (token, of, { id }) => {
      const rows = [[token.refreshToken, token.refreshTokenExpiresAt] as const];
      if (!isJwt) rows.push([token.accessToken, token.accessTokenExpiresAt]);
      await Promise.all(
        rows.map(([name, at]) => {
          const expiresAt = at.getTime();
          return kept.put(name, { subjectId: id, expiresAt }, { grantId: undefined, expiresAt });
        }),
      );
      return { ...token, client: of, user: { id } };
    },
  };
}
