// Of the peers' packages the part that is used, so that everything compiles where they are not installed as well.
declare module 'oidc-provider' {
  import type { KeyObject } from 'node:crypto';
  import type { RequestListener } from 'node:http';

  export interface AdapterPayload {
    readonly grantId?: string;
    readonly uid?: string;
    readonly userCode?: string;
    consumed?: number;
  }

  /** What the package asks of whoever keeps its tokens. */
  export interface Adapter {
    readonly upsert: (id: string, payload: AdapterPayload, expiresIn?: number) => Promise<void>;
    readonly find: (id: string) => Promise<AdapterPayload | undefined>;
    readonly findByUid: (uid: string) => Promise<AdapterPayload | undefined>;
    readonly findByUserCode: (code: string) => Promise<AdapterPayload | undefined>;
    readonly consume: (id: string) => Promise<void>;
    readonly destroy: (id: string) => Promise<void>;
    readonly revokeByGrantId: (grantId: string) => Promise<void>;
  }

  export interface Configuration {
    readonly adapter: (model: string) => Adapter;
    readonly clients: readonly object[];
    readonly jwks: { readonly keys: readonly object[] };
    readonly rotateRefreshToken: boolean;
    readonly scopes: readonly string[];
    readonly ttl: Readonly<Record<string, number>>;
    readonly findAccount: (context: unknown, id: string) => { accountId: string; claims: () => { sub: string } };
    readonly features: {
      readonly devInteractions: { readonly enabled: false };
      readonly resourceIndicators: {
        readonly enabled: boolean;
        readonly defaultResource: () => string;
        readonly useGrantedResource: () => boolean;
        readonly getResourceServerInfo: () => {
          readonly scope: string;
          readonly accessTokenFormat: 'jwt';
          readonly jwt: { readonly sign: { readonly alg: 'HS256'; readonly key: KeyObject } };
        };
      };
    };
  }

  interface Grant {
    readonly addOIDCScope: (scope: string) => void;
    readonly addResourceScope: (resource: string, scope: string) => void;
    readonly save: () => Promise<string>;
  }

  export default class Provider {
    constructor(issuer: string, configuration: Configuration);
    readonly callback: () => RequestListener;
    readonly Client: { readonly find: (id: string) => Promise<object | undefined> };
    readonly Grant: new (properties: { accountId: string; clientId: string }) => Grant;
    readonly RefreshToken: new (properties: object) => { readonly save: () => Promise<string> };
  }
}

declare module '@node-oauth/oauth2-server' {
  export interface Client {
    readonly id: string;
    readonly grants: readonly string[];
  }

  export interface Token {
    readonly accessToken: string;
    readonly accessTokenExpiresAt: Date;
    readonly refreshToken: string;
    readonly refreshTokenExpiresAt: Date;
    readonly scope?: readonly string[];
  }

  export interface RefreshToken {
    readonly refreshToken: string;
    readonly refreshTokenExpiresAt: Date;
    readonly scope?: readonly string[];
    readonly client: Client;
    readonly user: { readonly id: string };
  }

  export interface Model {
    readonly getClient: (id: string) => Promise<Client | undefined>;
    readonly generateAccessToken?: (client: Client, user: { readonly id: string }) => Promise<string>;
    readonly getRefreshToken: (token: string) => Promise<RefreshToken | undefined>;
    readonly revokeToken: (token: RefreshToken) => Promise<boolean>;
    readonly saveToken: (token: Token, client: Client, user: { readonly id: string }) => Promise<object>;
  }

  class Request {
    readonly body: object;
    constructor(request: { headers: object; method: string; query: object; body: object });
  }

  class Response {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  }

  export default class OAuth2Server {
    constructor(options: {
      readonly model: Model;
      readonly accessTokenLifetime: number;
      readonly refreshTokenLifetime: number;
      readonly requireClientAuthentication: Readonly<Record<string, boolean>>;
    });
    static readonly Request: typeof Request;
    static readonly Response: typeof Response;
    readonly token: (request: Request, response: Response) => Promise<unknown>;
  }
}
