// Generated from openapi/admin.yaml by `npm run generate`; edit the document, not this file.

export interface paths {
  '/audit': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read the audit trail
     * @description Newest first, in pages. Granted refreshes are not recorded; the metrics count them.
     */
    get: operations['listAuditEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/imports': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List imports
     * @description The running import and the latest ones, newest first, of this process only. The list is in memory; the audit trail is the lasting record.
     */
    get: operations['listImports'];
    put?: never;
    /**
     * Import subjects and sessions of another server
     * @description Takes over subjects and active sessions of another server, so that no user has to sign in again. The body is NDJSON in UTF-8: one `ImportRow` a line, subjects before their sessions, of any number. Rows are committed in batches of a hundred while they arrive. Bad rows are reported, and do not affect the others. Existing rows never change, so an import that was broken off, or whose response was lost, can be sent again. One import runs at a time.
     */
    post: operations['importRows'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/introspection': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Introspect a token (RFC 7662)
     * @description Takes an access or refresh token of any contract. An access token is active while its session is. For an inactive token, `active` is the only member.
     */
    post: operations['introspect'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List key sets
     * @description Returns ids, states and times. Keys never leave the server.
     */
    get: operations['listKeySets'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/keys/{contract}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Publish the next key set
     * @description Generates or imports a key set. It is published at once, and signs after it is promoted.
     */
    post: operations['addKeySet'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/keys/{contract}/{keySetId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Remove a key set
     * @description Removes a key set that does not sign. Refused while its tokens can be valid, unless forced.
     */
    delete: operations['removeKeySet'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/keys/{contract}/compromise': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Replace all key sets of a contract at once
     * @description For a leaked key. Replaces all key sets by a new one, and revokes every session of the contract.
     */
    post: operations['compromiseKeySets'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/keys/{contract}/rotate': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Promote the next key set
     * @description The former key set still verifies its tokens, and signs their repeats.
     */
    post: operations['rotateKeySet'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/revocations': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Revoke all sessions of a subject or of a contract
     * @description Send exactly one of the two members.
     */
    post: operations['revokeSessions'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/sessions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List sessions
     * @description Oldest first, in pages. Expired and revoked sessions are listed until they are purged.
     */
    get: operations['listSessions'];
    put?: never;
    /**
     * Issue a session
     * @description Issues a session for a subject that has signed in. The tokens have the shape of the contract.
     */
    post: operations['issueSession'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/sessions/{sessionId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read a session
     * @description The session as of its last refresh.
     */
    get: operations['getSession'];
    put?: never;
    post?: never;
    /**
     * Revoke a session
     * @description Permanent. Refuses every refresh that begins after the response. Access tokens stay valid until they expire.
     */
    delete: operations['revokeSession'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/statistics': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Count subjects and sessions
     * @description Current counts by contract.
     */
    get: operations['getStatistics'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/subjects/{subjectId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read a subject
     * @description A deleted subject is returned as long as its sessions can be active.
     */
    get: operations['getSubject'];
    /**
     * Add or change a subject
     * @description Adds a subject, or changes its details. Its sessions stay, and so does whether it is disabled. A deleted subject is added as a new one.
     */
    put: operations['putSubject'];
    post?: never;
    /**
     * Delete a subject
     * @description Its sessions are not revoked. Their refreshes are refused because the subject is missing.
     */
    delete: operations['deleteSubject'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/subjects/{subjectId}/credentials-changed': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Report changed credentials
     * @description Refuses every earlier session from now on. Call it, for example, after a password change.
     */
    post: operations['credentialsChanged'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/subjects/{subjectId}/disable': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Disable a subject
     * @description Refuses every refresh of its sessions that begins after the response.
     */
    post: operations['disableSubject'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/subjects/{subjectId}/enable': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Enable a subject
     * @description Its sessions can be refreshed again.
     */
    post: operations['enableSubject'];
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
    AuditEvent: {
      /** @description The name of the admin token, or `cli`; null for an event that no operator caused. */
      actor: string | null;
      address: string | null;
      at: components['schemas']['Seconds'];
      contract: string | null;
      id: string;
      /** @description The refusal, the revocation reason, or other details. It never contains a token. */
      reason: string | null;
      requestId: string | null;
      sessionId: string | null;
      subjectId: string | null;
      type: components['schemas']['AuditEventType'];
      userAgent: string | null;
    };
    /** @enum {string} */
    AuditEventType:
      | 'issued'
      | 'refused'
      | 'reused'
      | 'revoked'
      | 'store_behind'
      | 'subject_put'
      | 'subject_disabled'
      | 'subject_enabled'
      | 'subject_deleted'
      | 'credentials_changed'
      | 'key_set_added'
      | 'key_set_promoted'
      | 'key_set_removed'
      | 'key_sets_compromised'
      | 'imported';
    AuditPage: {
      events: components['schemas']['AuditEvent'][];
      /** @description The cursor of the next page; null on the last page. */
      next: string | null;
    };
    /** @description An import and its progress. Counted rows are committed. */
    Import: {
      /** @description The name of the admin token. */
      actor: string;
      beganAt: components['schemas']['Seconds'];
      finishedAt: components['schemas']['SecondsOrNever'];
      refused: number;
      /** @description The `X-Request-Id` of its response. */
      requestId: string | null;
      /** @description Rows read so far. */
      rows: number;
      sessions: components['schemas']['ImportedSessions'];
      /**
       * @description `broken_off`: the sender disconnected or fell silent, or the import failed. Committed rows stay.
       * @enum {string}
       */
      state: 'running' | 'finished' | 'broken_off';
      subjects: components['schemas']['ImportedSubjects'];
    };
    ImportedSessions: {
      added: number;
      /** @description Existing rows, which stay unchanged. */
      kept: number;
      /** @description Skipped, because the session or its token has expired. */
      over: number;
    };
    ImportedSubjects: {
      added: number;
      /** @description Kept subjects that the rows describe differently. */
      different: number;
      /** @description Existing rows, which stay unchanged. */
      kept: number;
    };
    ImportReport: {
      /** @description Whether more rows were refused than `problems` lists. */
      moreProblems: boolean;
      /** @description The first hundred refused rows. */
      problems: {
        /** @description The line number. The first line is 1. */
        line: number;
        /** @description What is wrong. It contains no value of the row. */
        reason: string;
      }[];
      /** @description Rows that could not be imported. */
      refused: number;
      rows: number;
      sessions: components['schemas']['ImportedSessions'];
      subjects: components['schemas']['ImportedSubjects'];
    };
    /** @description A row of an import. */
    ImportRow: components['schemas']['ImportSubject'] | components['schemas']['ImportSession'];
    Imports: {
      imports: components['schemas']['Import'][];
    };
    /** @description An active session of another server. The contract's legacy key, which is imported first, verifies its token. */
    ImportSession: {
      contract: string;
      /** @description Seconds since 1970. By default, the token's `iat`, or now without one. */
      createdAt?: number | null;
      /** @description Seconds since 1970. By default, after the contract's session lifetime, but not before the token expires. */
      expiresAt?: number | null;
      /** @constant */
      kind: 'session';
      label?: string | null;
      /** @description The token as the client presents it. Only its hash is stored. */
      refreshToken: string;
      /** @description The id of a subject in an earlier row or in the database. */
      subjectId: string;
    };
    /** @description A subject of another server. */
    ImportSubject: {
      account?: string | null;
      /** @description Whether its sessions are refused until it is enabled; false by default. */
      disabled?: boolean | null;
      email?: string | null;
      id: string;
      /** @constant */
      kind: 'subject';
      role?: string | null;
    };
    Introspection: {
      active: boolean;
      contract?: string;
      exp?: number;
      iat?: number;
      jti?: string;
      sid?: string;
      sub?: string;
      /** @enum {string} */
      use?: 'access' | 'refresh';
    };
    IntrospectionRequest: {
      token: string;
      /** @description Accepted and ignored, as RFC 7662 §2.1 allows. */
      token_type_hint?: string;
    };
    IssuedSession: {
      session: components['schemas']['Session'];
      /** @description The tokens in the shape that the document of the contract defines. */
      tokens: unknown;
    };
    KeySet: {
      /** @description Null for a legacy key. */
      accessKid: string | null;
      /** @enum {string} */
      algorithm: 'EdDSA' | 'HS256';
      contract: string;
      createdAt: components['schemas']['Seconds'];
      id: string;
      refreshKid: string;
      retiredAt: components['schemas']['SecondsOrNever'];
      /**
       * @description `legacy` is another server's refresh key: it verifies imported tokens and signs nothing.
       * @enum {string}
       */
      state: 'next' | 'active' | 'retired' | 'legacy';
    };
    KeySets: {
      keySets: components['schemas']['KeySet'][];
    };
    NewKeySet: {
      /** @description An imported key: a JWK, an Ed25519 private key in PEM (PKCS #8), or for HS256 the characters of the secret. It is generated by default. */
      accessKey?: string | null;
      /** @description Another server's refresh key, which verifies imported tokens. Send it without the other keys. For Ed25519 the public key is enough. */
      legacyRefreshKey?: string | null;
      /** @description The key for refresh tokens, in the same formats. Requires accessKey. */
      refreshKey?: string | null;
    };
    /** @description Problem details (RFC 9457). `type` is always `about:blank` and therefore omitted. */
    Problem: {
      /** @description What is wrong with this request. */
      detail: string;
      /** @description The HTTP status. */
      status: number;
      /** @description The name of the status. */
      title: string;
    };
    Removal: {
      /** @constant */
      removed: true;
    };
    Revocation: {
      ended: number;
    };
    /** @description Send exactly one of the two members. */
    RevocationRequest: {
      contract?: string;
      subjectId?: string;
    } & (
      | {
          subjectId: unknown;
        }
      | {
          contract: unknown;
        }
    );
    Rotation: {
      /** @description Generates a key set if none is published. Verifiers that cache the JWK Set do not know it yet. */
      atOnce?: boolean;
    };
    /** @description Seconds since 1970. */
    Seconds: number;
    /** @description Seconds since 1970; null for never. */
    SecondsOrNever: number | null;
    Session: {
      contract: string;
      createdAt: components['schemas']['Seconds'];
      expiresAt: components['schemas']['Seconds'];
      generation: number;
      id: string;
      label: string | null;
      /** @enum {string} */
      policy: 'single-use' | 'reusable' | 'static';
      refreshedAt: components['schemas']['Seconds'];
      revokedAt: components['schemas']['SecondsOrNever'];
      /** @enum {string|null} */
      revokedReason: 'reused_token' | 'requested' | 'compromised_keys' | null;
      subjectId: string;
    };
    SessionPage: {
      /** @description The cursor of the next page; null on the last page. */
      next: string | null;
      sessions: components['schemas']['Session'][];
    };
    SessionRequest: {
      contract: string;
      /** @description A name for the session, for example of its device. */
      label?: string;
      subjectId: string;
    };
    Statistics: {
      contracts: {
        contract: string;
        expired: number;
        living: number;
        revoked: number;
      }[];
      subjects: number;
    };
    Subject: {
      account: string | null;
      deletedAt: components['schemas']['SecondsOrNever'];
      disabledAt: components['schemas']['SecondsOrNever'];
      email: string | null;
      id: string;
      role: string | null;
    };
    SubjectDetails: {
      account?: string | null;
      email?: string | null;
      role?: string | null;
    };
  };
  responses: {
    /** @description The request violates the document. */
    BadRequest: {
      headers: {
        'Cache-Control': components['headers']['CacheControl'];
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description The state of the resource does not allow it. */
    Conflict: {
      headers: {
        'Cache-Control': components['headers']['CacheControl'];
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description The store or the keys are unavailable. Committed rows stay; send all rows again. */
    ImportUnavailable: {
      headers: {
        'Cache-Control': components['headers']['CacheControl'];
        'Retry-After': components['headers']['RetryAfter'];
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description Something went wrong inside the server. */
    InternalServerError: {
      headers: {
        'Cache-Control': components['headers']['CacheControl'];
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description The resource does not exist. */
    NotFound: {
      headers: {
        'Cache-Control': components['headers']['CacheControl'];
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description Too many failed requests. */
    TooManyRequests: {
      headers: {
        'Cache-Control': components['headers']['CacheControl'];
        'Retry-After': components['headers']['RetryAfter'];
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description No admin token, or an invalid one. */
    Unauthorized: {
      headers: {
        'Cache-Control': components['headers']['CacheControl'];
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description The store or the keys are unavailable; nothing was changed. */
    Unavailable: {
      headers: {
        'Cache-Control': components['headers']['CacheControl'];
        'Retry-After': components['headers']['RetryAfter'];
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
  };
  parameters: {
    /**
     * @description The name of the contract.
     * @example fib
     */
    Contract: string;
    /** @description Limits the list to this contract. */
    ContractFilter: string;
    /** @description The `next` of the previous page, with the same filters. */
    Cursor: string;
    /** @description Removes it even if its tokens can be valid. */
    Force: 'true' | 'false';
    /**
     * @description The id of the key set.
     * @example lwkP2o3xQz7d
     */
    KeySetId: string;
    /** @description Maximum number of items; 50 by default. */
    Limit: string;
    /** @description Limits the list to this session. */
    SessionFilter: string;
    /**
     * @description The id of the session.
     * @example 5f0c8a54-8b8e-4a57-9d0f-0a8a0b3f6c21
     */
    SessionId: string;
    /** @description Limits the list to this second and later. */
    Since: string;
    /** @description Limits the list to this subject. */
    SubjectFilter: string;
    /**
     * @description The id of the subject in your sign-in. `.` and `..` are refused, because no URL path can contain them.
     * @example alice
     */
    SubjectId: string;
    /** @description Limits the list to this type. */
    TypeFilter: components['schemas']['AuditEventType'];
  };
  requestBodies: never;
  headers: {
    /**
     * @description A cache must not store a response of this operation.
     * @example no-store
     */
    CacheControl: 'no-store';
    /**
     * @description Identifies this response in the server's log and in the audit trail.
     * @example 5f0c8a54-8b8e-4a57-9d0f-0a8a0b3f6c21
     */
    RequestId: string;
    /**
     * @description Seconds to wait before a retry.
     * @example 5
     */
    RetryAfter: number;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listAuditEvents: {
    parameters: {
      query?: {
        /** @description Limits the list to this contract. */
        contract?: components['parameters']['ContractFilter'];
        /** @description The `next` of the previous page, with the same filters. */
        cursor?: components['parameters']['Cursor'];
        /** @description Maximum number of items; 50 by default. */
        limit?: components['parameters']['Limit'];
        /** @description Limits the list to this session. */
        session?: components['parameters']['SessionFilter'];
        /** @description Limits the list to this second and later. */
        since?: components['parameters']['Since'];
        /** @description Limits the list to this subject. */
        subject?: components['parameters']['SubjectFilter'];
        /** @description Limits the list to this type. */
        type?: components['parameters']['TypeFilter'];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of events. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AuditPage'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  listImports: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The imports. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Imports'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  importRows: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/x-ndjson': string;
      };
    };
    responses: {
      /** @description The report. Every row was read. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ImportReport'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      409: components['responses']['Conflict'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['ImportUnavailable'];
    };
  };
  introspect: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/x-www-form-urlencoded': components['schemas']['IntrospectionRequest'];
      };
    };
    responses: {
      /** @description Whether the token is active, with its claims if it is. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Introspection'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  listKeySets: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All key sets. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['KeySets'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  addKeySet: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The name of the contract.
         * @example fib
         */
        contract: components['parameters']['Contract'];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['NewKeySet'];
      };
    };
    responses: {
      /** @description The published key set. */
      201: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['KeySet'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      409: components['responses']['Conflict'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  removeKeySet: {
    parameters: {
      query?: {
        /** @description Removes it even if its tokens can be valid. */
        force?: components['parameters']['Force'];
      };
      header?: never;
      path: {
        /**
         * @description The name of the contract.
         * @example fib
         */
        contract: components['parameters']['Contract'];
        /**
         * @description The id of the key set.
         * @example lwkP2o3xQz7d
         */
        keySetId: components['parameters']['KeySetId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The key set is removed. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Removal'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      409: components['responses']['Conflict'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  compromiseKeySets: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The name of the contract.
         * @example fib
         */
        contract: components['parameters']['Contract'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The number of active sessions that were revoked. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Revocation'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  rotateKeySet: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The name of the contract.
         * @example fib
         */
        contract: components['parameters']['Contract'];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['Rotation'];
      };
    };
    responses: {
      /** @description The key set that signs now. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['KeySet'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      409: components['responses']['Conflict'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  revokeSessions: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['RevocationRequest'];
      };
    };
    responses: {
      /** @description The number of active sessions that were revoked. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Revocation'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  listSessions: {
    parameters: {
      query?: {
        /** @description Limits the list to this contract. */
        contract?: components['parameters']['ContractFilter'];
        /** @description The `next` of the previous page, with the same filters. */
        cursor?: components['parameters']['Cursor'];
        /** @description Maximum number of items; 50 by default. */
        limit?: components['parameters']['Limit'];
        /** @description Limits the list to this subject. */
        subject?: components['parameters']['SubjectFilter'];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of sessions. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['SessionPage'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  issueSession: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['SessionRequest'];
      };
    };
    responses: {
      /** @description The session and its first tokens. */
      201: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['IssuedSession'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      409: components['responses']['Conflict'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  getSession: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The id of the session.
         * @example 5f0c8a54-8b8e-4a57-9d0f-0a8a0b3f6c21
         */
        sessionId: components['parameters']['SessionId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The session. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Session'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  revokeSession: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The id of the session.
         * @example 5f0c8a54-8b8e-4a57-9d0f-0a8a0b3f6c21
         */
        sessionId: components['parameters']['SessionId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The revoked session. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Session'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  getStatistics: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The counts. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Statistics'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  getSubject: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The id of the subject in your sign-in. `.` and `..` are refused, because no URL path can contain them.
         * @example alice
         */
        subjectId: components['parameters']['SubjectId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The subject. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Subject'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  putSubject: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The id of the subject in your sign-in. `.` and `..` are refused, because no URL path can contain them.
         * @example alice
         */
        subjectId: components['parameters']['SubjectId'];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['SubjectDetails'];
      };
    };
    responses: {
      /** @description The updated subject. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Subject'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  deleteSubject: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The id of the subject in your sign-in. `.` and `..` are refused, because no URL path can contain them.
         * @example alice
         */
        subjectId: components['parameters']['SubjectId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The tombstone of the subject. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Subject'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  credentialsChanged: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The id of the subject in your sign-in. `.` and `..` are refused, because no URL path can contain them.
         * @example alice
         */
        subjectId: components['parameters']['SubjectId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The updated subject. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Subject'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  disableSubject: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The id of the subject in your sign-in. `.` and `..` are refused, because no URL path can contain them.
         * @example alice
         */
        subjectId: components['parameters']['SubjectId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The updated subject. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Subject'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
  enableSubject: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The id of the subject in your sign-in. `.` and `..` are refused, because no URL path can contain them.
         * @example alice
         */
        subjectId: components['parameters']['SubjectId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The updated subject. */
      200: {
        headers: {
          'Cache-Control': components['headers']['CacheControl'];
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Subject'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalServerError'];
      503: components['responses']['Unavailable'];
    };
  };
}
