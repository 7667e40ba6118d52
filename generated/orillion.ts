// Generated from openapi/orillion.yaml by `npm run generate`; edit the document, not this file.

export interface paths {
  '/auth/api/v1/authentication-management/session': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /**
     * Refreshing authentication tokens
     * @description The refresh token that came with the authorization, or with the last refresh, is sent in the `Authorization` header. There is no request body.
     */
    patch: operations['refreshSession'];
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    Refreshed: {
      data: components['schemas']['TokenPair'];
      status: components['schemas']['Status'];
    };
    Refused: {
      status: components['schemas']['Status'];
    };
    /** @description The outcome. */
    Status: {
      /**
       * Format: int32
       * @description The HTTP status once more.
       */
      code: number;
      /** @description The name of the status. */
      name: string;
    };
    /** @description The new tokens. */
    TokenPair: {
      /** @description The new access token. */
      accessToken: string;
      /**
       * Format: int64
       * @description Seconds for which the access token is still valid.
       */
      expirationTime: number;
      /** @description The refresh token for the next refresh. */
      refreshToken: string;
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
  refreshSession: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A new access token and the refresh token for the next time. */
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
      /** @description The request is not one that this operation understands. */
      400: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Refused'];
        };
      };
      /** @description The refresh token is missing, or it is not valid (any more). */
      401: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Refused'];
        };
      };
      /** @description The user to whom the refresh token was given does not exist. */
      404: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Refused'];
        };
      };
      /** @description The refresh token is genuine, but its content cannot be used. */
      422: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Refused'];
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
          'application/json': components['schemas']['Refused'];
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
