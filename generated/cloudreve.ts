// Generated from openapi/cloudreve.yaml by `npm run generate`; edit the document, not this file.

export interface paths {
  '/session/token/refresh': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Refresh Token
     * @description A valid refresh token is sent in the body and answered with new tokens.
     */
    post: operations['refreshToken'];
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
    Failure: {
      /**
       * @description The outcome: `40001` the request is not valid, `40020` the refresh token is not valid, `-1` something went wrong inside the server.
       * @enum {integer}
       */
      code: -1 | 40001 | 40020;
      /**
       * Format: uuid
       * @description Identifies the request that failed; the same as the `X-Request-Id` header.
       * @example b4351ecc-ee1a-4455-bc94-2c3dbcc58538
       */
      correlation_id: string | null;
      /** @description An internal message of servers in debug mode; this server never sends it. */
      error?: string | null;
      /** @description A message for people. */
      msg: string;
    };
    RefreshRequest: {
      /**
       * @description The refresh token.
       * @example eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsInN1YiI6ImxwdWEiLCJleHAiOjE3NjEyMDM5NzgsIm5iZiI6MTc0NTY1MTk3OCwic3RhdGVfaGFzaCI6Ikk1OCtSbmsrTHVpTkxBbjBqek9KNG45OUorV3hqL0pzbjJoRVYrUXBhelE9In0.Q2s75zxPVA3bzZyIIBau3TBvqSxIdzbiEmK1zCd-_zk
       */
      refresh_token: string;
    };
    Success: {
      /**
       * @description The outcome; `0` is success.
       * @example 0
       * @constant
       */
      code: 0;
      data: components['schemas']['Token'];
      /** @description A message for people, empty on success. */
      msg?: string;
    };
    Token: {
      /**
       * Format: date-time
       * @description When the access token stops being valid.
       * @example 2025-04-26T15:58:28.456762+08:00
       */
      access_expires: string;
      /**
       * @description The access token, with which to call the API on the user's behalf.
       * @example eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwic3ViIjoibHB1YSIsImV4cCI6MTc0NTY1NDMwOCwibmJmIjoxNzQ1NjUwNzA4fQ.n2z8AY-A9GC-CymOsLSA8ruV3vYgNJd27MXRcm4bVu8
       */
      access_token: string;
      /**
       * Format: date-time
       * @description When the refresh token stops being valid.
       * @example 2025-10-23T14:58:28.456762+08:00
       */
      refresh_expires: string;
      /**
       * @description The refresh token with which to get the next pair of tokens.
       * @example eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsInN1YiI6ImxwdWEiLCJleHAiOjE3NjEyMDI3MDgsIm5iZiI6MTc0NTY1MDcwOCwic3RhdGVfaGFzaCI6Ikk1OCtSbmsrTHVpTkxBbjBqek9KNG45OUorV3hqL0pzbjJoRVYrUXBhelE9In0.KoechX6_A2NeVcfFAlHkRLk572hjPKepP0XWfbvBxZY
       */
      refresh_token: string;
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
  refreshToken: {
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
      /** @description The outcome, success and failure alike; `code` tells which. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Success'] | components['schemas']['Failure'];
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
