// Generated from openapi/xerial.yaml by `npm run generate`; edit the document, not this file.

export interface paths {
  '/auth/refresh-tokens': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Refresh Auth Tokens
     * @description The refresh token from the sign-in, or from the last refresh, is sent in the body.
     */
    post: operations['refreshTokens'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    InternalServerError: {
      /** @description The name of the status. */
      error: string;
    };
    Refreshed: {
      /** @description The new access token. */
      access: components['schemas']['Token'];
      /** @description The refresh token with which to get the next access token. */
      refresh: components['schemas']['Token'];
    };
    RefreshRequest: {
      /** @description The refresh token. */
      refreshToken: string;
    };
    Token: {
      /**
       * Format: date-time
       * @description When the token stops being valid.
       */
      expires: string;
      /** @description The token itself. */
      token: string;
    };
    Unauthorized: {
      /**
       * @description The HTTP status once more.
       * @constant
       */
      code: 401;
      /** @description What the caller is to do. */
      message: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: {
    /**
     * @description An answer of this operation is never to be stored by a cache.
     * @example no-store
     */
    CacheControl: 'no-store';
    /**
     * @description Identifies this answer in the server's log; drawn by the server for every request.
     * @example 5f0c8a54-8b8e-4a57-9d0f-0a8a0b3f6c21
     */
    RequestId: string;
    /**
     * @description Seconds to wait before trying again.
     * @example 5
     */
    RetryAfter: number;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  refreshTokens: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['RefreshRequest'];
      };
    };
    responses: {
      /** @description Both tokens, new. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Refreshed'];
        };
      };
      /** @description The refresh token is missing or not valid, or the request is not one that this operation understands. */
      401: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Unauthorized'];
        };
      };
      /** @description Too many requests from this caller or for this session. This answer is an addition of ours and not in the published document: a token endpoint in operation needs it. Plain text on purpose: there are clients that store any JSON body of an answer other than 401 as if it were tokens, and recover only from a body that is not JSON. */
      429: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'Retry-After': components['headers']['RetryAfter'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
        };
      };
      /** @description Something went wrong inside the server. */
      500: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['InternalServerError'];
        };
      };
      /** @description Refreshing is not possible at the moment; nothing was changed. This answer is an addition of ours and not in the published document: a token endpoint in operation needs it. Plain text on purpose: there are clients that store any JSON body of an answer other than 401 as if it were tokens, and recover only from a body that is not JSON. */
      503: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'Retry-After': components['headers']['RetryAfter'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
        };
      };
    };
  };
}
