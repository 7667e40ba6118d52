// Generated from openapi/kirjaswappi.yaml by `npm run generate`; edit the document, not this file.

export interface paths {
  '/api/v1/authenticate/refresh': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Refresh an authentication token
     * @description The refresh token of the user is sent in the body.
     */
    post: operations['refreshAuthenticationToken'];
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
      error: {
        /** @description One of `validationFailed`, `invalidRefreshToken`, `userNotFound`, `internalServerError`. */
        code: string;
        /** @description One entry per field that is at fault. */
        details?: components['schemas']['FailureDetail'][];
        /** @description One sentence about what went wrong. */
        message: string;
        /** @description The part of the request that is meant. */
        target?: string;
      };
    };
    FailureDetail: {
      /** @description What kind of fault it is. */
      code: string;
      /** @description One sentence about the fault. */
      message: string;
      /** @description The field that is at fault. */
      target: string;
    };
    Refreshed: {
      /** @description The new access token. */
      jwtToken: string;
    };
    RefreshRequest: {
      /** @description The refresh token of the user. */
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
  refreshAuthenticationToken: {
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
      /** @description A new access token. The refresh token stays as it is. */
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
      /** @description The request is not one that this operation understands; `details` name the field. */
      400: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Failure'];
        };
      };
      /** @description The refresh token is not valid (any more). */
      401: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Failure'];
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
          'application/json': components['schemas']['Failure'];
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
          'application/json': components['schemas']['Failure'];
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
