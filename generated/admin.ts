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
     * @description Newest first, in pages. Refreshes that simply succeeded are counted by the metrics and not written here.
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
     * @description The import that runs and the latest that ended, newest first: those that came to this process over this interface. They are forgotten when it ends; the audit trail tells of them for longer.
     */
    get: operations['listImports'];
    put?: never;
    /**
     * Import subjects and sessions of another server
     * @description Takes over another server's subjects and living sessions, so that nobody has to sign in again: a JSON object a line (NDJSON, UTF-8), each an `ImportRow`, subjects before their sessions, as many as there are. The rows are read while they arrive and committed a hundred at a time; one that is bad is told in the answer and keeps no good one out. What is there already stays as it is, so that an import which was broken off, or whose answer was lost, is simply sent again. One import runs at a time.
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
     * @description An access or refresh token of any contract; an access token is active as long as its session is. One that is not active is not told any more of.
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
     * @description Names, states and times; keys never leave the server.
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
     * @description Generated, or brought along from another server; it is published at once and signs once it is promoted.
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
     * @description One that does not sign. While tokens that it signed may live it is refused, unless forced.
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
     * @description After a key has leaked. A fresh key set takes the place of all, and every session of the contract is over.
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
     * @description The one before goes on verifying, and signs repeats of what it has signed.
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
     * @description Exactly one of the two is given.
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
     * @description By time of issue, oldest first, in pages. Ended ones are listed until they are purged.
     */
    get: operations['listSessions'];
    put?: never;
    /**
     * Issue a session
     * @description For a subject that has signed in. Its tokens are given in the shape of the contract.
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
     * @description As it was at its last refresh.
     */
    get: operations['getSession'];
    put?: never;
    post?: never;
    /**
     * Revoke a session
     * @description For good. No refresh that begins after the answer is granted; access tokens live on until they expire.
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
     * @description By contract, at this moment.
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
     * @description A deleted subject is told of as long as sessions of it can live.
     */
    get: operations['getSubject'];
    /**
     * Add or change a subject
     * @description Adds a subject, or takes over changed details; whether it is disabled, and its sessions, stay as they are. A deleted subject that comes back is a new one.
     */
    put: operations['putSubject'];
    post?: never;
    /**
     * Delete a subject
     * @description Its sessions are not revoked; they find their subject missing.
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
     * Tell that credentials have changed
     * @description Every session issued before is refused from now on, for example after a new password.
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
     * @description No refresh of its sessions that begins after the answer is granted.
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
     * @description Its sessions go on where they were.
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
      /** @description The name of the admin token, or `cli`, where somebody has asked for it. */
      actor: string | null;
      address: string | null;
      at: components['schemas']['Seconds'];
      contract: string | null;
      id: string;
      /** @description Which refusal, which revocation, or what else belongs to the event; never a token. */
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
      /** @description The cursor of the next page; null where there is none. */
      next: string | null;
    };
    /** @description An import, and how far it is; what is counted is on disk. */
    Import: {
      /** @description The name of the admin token. */
      actor: string;
      beganAt: components['schemas']['Seconds'];
      finishedAt: components['schemas']['SecondsOrNever'];
      refused: number;
      /** @description The `X-Request-Id` of its answer. */
      requestId: string | null;
      /** @description Rows read so far. */
      rows: number;
      sessions: components['schemas']['ImportedSessions'];
      /**
       * @description `broken_off` is one whose sender went away or fell silent, or that could not go on; what it has committed stays.
       * @enum {string}
       */
      state: 'running' | 'finished' | 'broken_off';
      subjects: components['schemas']['ImportedSubjects'];
    };
    ImportedSessions: {
      added: number;
      /** @description There already, and as they were. */
      kept: number;
      /** @description Left out, since they or their tokens have run out. */
      over: number;
    };
    ImportedSubjects: {
      added: number;
      /** @description Of those kept, whom the rows describe otherwise. */
      different: number;
      /** @description There already, and as they were. */
      kept: number;
    };
    ImportReport: {
      /** @description Whether more rows were refused than `problems` tells of. */
      moreProblems: boolean;
      /** @description The first rows that were refused. */
      problems: {
        /** @description As an editor counts them. */
        line: number;
        /** @description What is wrong, without any value of the row. */
        reason: string;
      }[];
      /** @description Rows that could not be imported. */
      refused: number;
      rows: number;
      sessions: components['schemas']['ImportedSessions'];
      subjects: components['schemas']['ImportedSubjects'];
    };
    /** @description A line of an import. */
    ImportRow: components['schemas']['ImportSubject'] | components['schemas']['ImportSession'];
    Imports: {
      imports: components['schemas']['Import'][];
    };
    /** @description A living session of another server. Its token is verified by the contract's legacy key, which comes first. */
    ImportSession: {
      contract: string;
      /** @description Seconds since 1970; where left out, when the token was issued (`iat`), else now. */
      createdAt?: number | null;
      /** @description Seconds since 1970; where left out, by the contract's session lifetime, but no sooner than the token. */
      expiresAt?: number | null;
      /** @constant */
      kind: 'session';
      label?: string | null;
      /** @description The token itself, as its holder will present it. Only its hash is kept. */
      refreshToken: string;
      /** @description The id of a subject of an earlier row, or of one that is there already. */
      subjectId: string;
    };
    /** @description A subject of another server. */
    ImportSubject: {
      account?: string | null;
      /** @description Whether its sessions are refused until it is enabled; not where left out. */
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
      /** @description Taken and not needed, as RFC 7662 §2.1 allows. */
      token_type_hint?: string;
    };
    IssuedSession: {
      session: components['schemas']['Session'];
      /** @description In the shape of the contract, whose own document says what is in it. */
      tokens: unknown;
    };
    KeySet: {
      /** @description None of a legacy key. */
      accessKid: string | null;
      /** @enum {string} */
      algorithm: 'EdDSA' | 'HS256';
      contract: string;
      createdAt: components['schemas']['Seconds'];
      id: string;
      refreshKid: string;
      retiredAt: components['schemas']['SecondsOrNever'];
      /**
       * @description `legacy` is the refresh key of another server alone: it verifies tokens that were imported and signs nothing.
       * @enum {string}
       */
      state: 'next' | 'active' | 'retired' | 'legacy';
    };
    KeySets: {
      keySets: components['schemas']['KeySet'][];
    };
    NewKeySet: {
      /** @description A key of another server: a JWK, an Ed25519 private key in PEM (PKCS #8), or for HS256 the secret's own characters. Generated where left out. */
      accessKey?: string | null;
      /** @description Alone: the refresh key of another server, which from now on verifies tokens that were imported. For Ed25519 the public key will do. */
      legacyRefreshKey?: string | null;
      /** @description The same for refresh tokens; only with an access key. */
      refreshKey?: string | null;
    };
    /** @description Problem details (RFC 9457); `type` is always `about:blank` and therefore left out. */
    Problem: {
      /** @description A sentence about this occurrence. */
      detail: string;
      /** @description The HTTP status once more. */
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
    /** @description Exactly one of the two. */
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
      /** @description Makes a key set where none was published ahead; verifiers that cache the JWKS do not know it yet. */
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
      /** @description The cursor of the next page; null where there is none. */
      next: string | null;
      sessions: components['schemas']['Session'][];
    };
    SessionRequest: {
      contract: string;
      /** @description What the session is told apart by, for example the name of a device. */
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
    /** @description The request is not one that this operation understands. */
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
    /** @description It is not in a state for that. */
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
    /** @description Store or keys cannot be used at the moment. What was committed before stays; send all rows again. */
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
    /** @description There is no such thing. */
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
    /** @description Too many requests that failed. */
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
    /** @description No admin token, or one that is not valid. */
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
    /** @description Store or keys cannot be used at the moment; nothing was changed. */
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
    /** @description Only those of this contract. */
    ContractFilter: string;
    /** @description Where the page before has ended; its `next`, with the same filters. */
    Cursor: string;
    /** @description Removes it although tokens that it signed may live. */
    Force: 'true' | 'false';
    /**
     * @description The id of the key set.
     * @example lwkP2o3xQz7d
     */
    KeySetId: string;
    /** @description How many at most; 50 where left out. */
    Limit: string;
    /** @description Only those of this session. */
    SessionFilter: string;
    /**
     * @description The id of the session.
     * @example 5f0c8a54-8b8e-4a57-9d0f-0a8a0b3f6c21
     */
    SessionId: string;
    /** @description Only those of this second or later. */
    Since: string;
    /** @description Only those of this subject. */
    SubjectFilter: string;
    /**
     * @description The id of the subject, as the sign-in knows it. Neither `.` nor `..`, which no URL path can name.
     * @example alice
     */
    SubjectId: string;
    /** @description Only those of this type. */
    TypeFilter: components['schemas']['AuditEventType'];
  };
  requestBodies: never;
  headers: {
    /**
     * @description An answer of this operation is never to be stored by a cache.
     * @example no-store
     */
    CacheControl: 'no-store';
    /**
     * @description Identifies this answer in the server's log and in the audit trail.
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
  listAuditEvents: {
    parameters: {
      query?: {
        /** @description Only those of this contract. */
        contract?: components['parameters']['ContractFilter'];
        /** @description Where the page before has ended; its `next`, with the same filters. */
        cursor?: components['parameters']['Cursor'];
        /** @description How many at most; 50 where left out. */
        limit?: components['parameters']['Limit'];
        /** @description Only those of this session. */
        session?: components['parameters']['SessionFilter'];
        /** @description Only those of this second or later. */
        since?: components['parameters']['Since'];
        /** @description Only those of this subject. */
        subject?: components['parameters']['SubjectFilter'];
        /** @description Only those of this type. */
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
      /** @description Every row was read; what became of them. */
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
      /** @description Whether the token is active, and if so what it says. */
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
      /** @description The key set, published ahead. */
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
        /** @description Removes it although tokens that it signed may live. */
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
      /** @description The key set is gone. */
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
      /** @description How many living sessions that has ended. */
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
      /** @description The key set that signs from now on. */
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
      /** @description How many living sessions that has ended. */
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
        /** @description Only those of this contract. */
        contract?: components['parameters']['ContractFilter'];
        /** @description Where the page before has ended; its `next`, with the same filters. */
        cursor?: components['parameters']['Cursor'];
        /** @description How many at most; 50 where left out. */
        limit?: components['parameters']['Limit'];
        /** @description Only those of this subject. */
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
      /** @description The session, and its first tokens. */
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
      /** @description The session, which is over. */
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
         * @description The id of the subject, as the sign-in knows it. Neither `.` nor `..`, which no URL path can name.
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
         * @description The id of the subject, as the sign-in knows it. Neither `.` nor `..`, which no URL path can name.
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
      /** @description The subject as it is now. */
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
         * @description The id of the subject, as the sign-in knows it. Neither `.` nor `..`, which no URL path can name.
         * @example alice
         */
        subjectId: components['parameters']['SubjectId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What is left of the subject. */
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
         * @description The id of the subject, as the sign-in knows it. Neither `.` nor `..`, which no URL path can name.
         * @example alice
         */
        subjectId: components['parameters']['SubjectId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The subject as it is now. */
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
         * @description The id of the subject, as the sign-in knows it. Neither `.` nor `..`, which no URL path can name.
         * @example alice
         */
        subjectId: components['parameters']['SubjectId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The subject as it is now. */
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
         * @description The id of the subject, as the sign-in knows it. Neither `.` nor `..`, which no URL path can name.
         * @example alice
         */
        subjectId: components['parameters']['SubjectId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The subject as it is now. */
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
