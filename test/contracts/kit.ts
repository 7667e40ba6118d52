// The tests of every contract over real HTTP: each outcome, the rotation that a client sees, and invalid input. Every response
// is validated against the contract's document: status, headers, media type and body.
import Database from 'better-sqlite3';
import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RefusalKind } from '../../src/engine/outcome.ts';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { exampleCall } from '../../src/http/example-call.ts';
import { undocumented, withoutSlots } from '../shared/documented.ts';
import { breakableSigner, refusedTokens, spoil } from '../shared/provoking.ts';
import { startServer, type TestServer, type TestServerOptions } from '../shared/server.ts';
import { claimsOf, headerOf, respelled, segment, withSegment } from '../shared/tokens.ts';
import { call, json, type WireAnswer, type WireCall } from '../shared/wire.ts';
import { formsAlike, requestsWithout, requestWith, violations } from './kit/requests.ts';

/** The expectations of one contract, written from the design and not from its adapter. */
export interface Expectations {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly algorithm: 'EdDSA' | 'HS256';
  readonly policy: 'single-use' | 'reusable' | 'static';
  readonly gracePeriod: number;
  readonly accessLifetime: number;
  readonly sessionLifetime: number;
  /** The body of each failure row; `undefined` members are the two slots. */
  readonly violation: Expected;
  readonly noCredential: Expected;
  readonly refused: Readonly<Record<RefusalKind, Expected>>;
  readonly fault: Expected;
  readonly granted: (body: unknown) => Tokens;
  /** Returns a body with a credential of any JSON type; `undefined` if the token is in a header. */
  readonly bodyWith: ((credential: unknown) => unknown) | undefined;
  /** The header of the token if there is no body; `authorization` by default. */
  readonly credentialHeader?: string;
  /** The media type of the body; JSON by default. */
  readonly mediaType?: 'application/x-www-form-urlencoded';
  /** The reply to another value of a constant parameter; by default the reply to any violation. */
  readonly otherValue?: Expected;
}

export interface Expected {
  readonly status: number;
  readonly body: unknown;
}

export interface Tokens {
  readonly access: string;
  /** `undefined` if the reply has no field for a successor. */
  readonly refresh: string | undefined;
}

/** Tests one contract. */
export function contractKit(expected: Expectations): void {
  const { name } = expected;
  const document = loadDocument(`${openapiFolder}/${name}.yaml`);
  const [operation] = document.operations;
  if (operation === undefined) throw new Error(`${name} has no operation`);

  // By the published document, so that the test finds a requirement that our document adds.
  const callWith = (token: string): WireCall => requestWith(expected, token);
  /** Sends a call and validates the response against the document. */
  const documented = async (server: TestServer, wanted: WireCall): Promise<WireAnswer> => {
    const answer = await call(server.origin, wanted);
    expect(undocumented(operation, answer), `${String(answer.status)} ${answer.body}`).toEqual([]);
    return answer;
  };
  const refresh = (server: TestServer, token: string): Promise<WireAnswer> => documented(server, callWith(token));
  const granted = async (server: TestServer, token: string): Promise<Tokens> => {
    const answer = await refresh(server, token);
    const body = json(answer);
    expect(answer.status, answer.body).toBe(200);
    return expected.granted(body);
  };
  const expectFailure = (answer: WireAnswer, { status, body }: Expected): void => {
    expect(answer.status, answer.body).toBe(status);
    if (typeof body === 'string') expect(answer.body).toBe(body);
    else expect(json(answer)).toEqual(body);
    const received = typeof body === 'string' ? answer.body : json(answer);
    const examples = [...(operation.responses.get(status)?.examples.values() ?? [])];
    expect(examples.map(withoutSlots), 'the response is an example of the document').toContainEqual(
      withoutSlots(received),
    );
  };
  const withServer = (options: TestServerOptions, use: (server: TestServer) => Promise<void>) => async () => {
    const server = await startServer({ only: { contract: name }, ...options });
    try {
      await use(server);
    } finally {
      await server.stop();
    }
  };
  const busy: Expected = { status: 503, body: unavailableText };

  describe(`${name}: every outcome has its documented reply`, () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer();
    });
    afterAll(() => server.stop());

    test('a refresh with the current token is granted new tokens', async () => {
      const token = await server.issue(name);
      const tokens = await granted(server, token);
      expect(claimsOf(tokens.access)['exp']).toBe(server.clock.now + expected.accessLifetime);
      expect(headerOf(tokens.access)['alg']).toBe(expected.algorithm);
      if (tokens.refresh !== undefined) expect(claimsOf(tokens.refresh)['gen']).toBe(1);
    });

    test('a request that violates the contract has its documented response', async () => {
      const token = await server.issue(name);
      for (const [what, violation, reply] of violations(expected, token)) {
        const answer = await documented(server, violation);
        expect([what, answer.status]).toEqual([what, reply.status]);
        expectFailure(answer, reply);
        expect(server.httpEvents.at(-1), what).toMatchObject({ type: 'violation', contract: name });
      }
    });

    test('a request without a credential has its documented response', async () => {
      for (const bare of Object.values(requestsWithout(expected)))
        expectFailure(await documented(server, bare), expected.noCredential);
    });

    test.each(Object.keys(formsAlike(expected, '')))('a form with %s is granted like any other', async (way) => {
      const token = await server.issue(name);
      const { [way]: alike } = formsAlike(expected, token);
      const answer = await documented(server, alike ?? callWith(token));
      expect(answer.status, answer.body).toBe(200);
    });

    /** Created one by one, since the server runs only during the tests. */
    const refusedToken = (kind: RefusalKind): Promise<string> => refusedTokens(server, name, expected)[kind]();
    const kinds = Object.keys(expected.refused).filter(isRefusal(expected));
    // Only a single-use session has reuse.
    test.each(kinds.filter((kind) => kind !== 'reused_token' || expected.policy === 'single-use'))(
      'a token refused as %s has its documented response',
      async (kind) => {
        expectFailure(await refresh(server, await refusedToken(kind)), expected.refused[kind]);
        expect(server.engineEvents.at(-1)).toMatchObject({ type: 'refused', contract: name, refusal: kind });
      },
    );

    test(
      'a throttled request gets 429 in plain text with Retry-After',
      withServer({ environment: { REFRACT_FAILURE_LIMIT: '2' } }, async (limited) => {
        const token = await limited.issue(name);
        for (let successes = 0; successes < 3; successes += 1) await granted(limited, token);
        for (let failures = 0; failures < 2; failures += 1) await refresh(limited, 'not.a.token');
        const answer = await refresh(limited, token);
        expectFailure(answer, { status: 429, body: throttledText });
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
        expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(60);
      }),
    );

    test(
      'a refresh gets 503 in plain text while the database is unreadable',
      withServer({}, async (broken) => {
        const token = await broken.issue(name);
        spoil(broken.database);
        const answer = await refresh(broken, token);
        expectFailure(answer, busy);
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
        expect(broken.engineEvents.at(-1)).toMatchObject({ type: 'unavailable' });
      }),
    );

    if (expected.policy !== 'static')
      test(
        'a refresh gets 503 while the database is locked, and is granted afterwards',
        withServer({}, async (locked) => {
          const token = await locked.issue(name);
          const other = new Database(locked.database);
          other.exec('BEGIN IMMEDIATE');
          expectFailure(await refresh(locked, token), busy);
          other.exec('ROLLBACK');
          other.close();
          await granted(locked, token);
        }),
      );

    test('a fault of the signer has a documented response, and the next request is granted', async () => {
      const signer = breakableSigner(() => Promise.reject(new TypeError('broken on purpose')));
      await withServer({ wrapSigner: signer.wrapSigner }, async (faulty) => {
        const token = await faulty.issue(name);
        signer.isBroken = true;
        expectFailure(await refresh(faulty, token), expected.fault);
        expect(faulty.httpEvents.at(-1)).toMatchObject({ type: 'fault', contract: name });
        signer.isBroken = false;
        await granted(faulty, token);
      })();
    });

    test('an invalid reply is never sent, and its fault has a documented response', async () => {
      // The types forbid this value, but a bug could return it.
      const signer = breakableSigner(() => Promise.resolve(7 as unknown as string));
      await withServer({ wrapSigner: signer.wrapSigner }, async (faulty) => {
        const token = await faulty.issue(name);
        signer.isBroken = true;
        expectFailure(await refresh(faulty, token), expected.fault);
        signer.isBroken = false;
        // The retry repeats the committed successor.
        await granted(faulty, token);
      })();
    });
  });

  describe(`${name}: what a client sees of its session`, () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer();
    });
    afterAll(() => server.stop());

    test('25 consecutive refreshes are granted', async () => {
      let token = await server.issue(name);
      for (let round = 1; round <= 25; round += 1) {
        server.clock.now += 100;
        const tokens = await granted(server, token);
        expect(claimsOf(tokens.access)['exp']).toBe(server.clock.now + expected.accessLifetime);
        token = tokens.refresh ?? token;
        if (tokens.refresh !== undefined) expect(claimsOf(token)['gen']).toBe(round);
      }
    });

    test('a retry within the grace period gets the same bytes', async () => {
      const token = await server.issue(name);
      const first = await granted(server, token);
      if (expected.policy !== 'static') server.clock.now += expected.gracePeriod - 1;
      expect(await granted(server, token)).toEqual(first);
    });

    test('50 identical refreshes in parallel get 200 and the same successor', async () => {
      const token = await server.issue(name);
      const answers = await Promise.all(Array.from({ length: 50 }, () => granted(server, token)));
      expect(new Set(answers.map((tokens) => JSON.stringify(tokens))).size).toBe(1);
    });

    if (expected.policy === 'single-use')
      test('a predecessor of a used successor revokes its session and no other', async () => {
        const token = await server.issue(name);
        const other = await server.issue(name);
        const { refresh: successor = '' } = await granted(server, token);
        const { refresh: latest = '' } = await granted(server, successor);
        expectFailure(await refresh(server, token), expected.refused.reused_token);
        expectFailure(await refresh(server, latest), expected.refused.revoked_session);
        await granted(server, other);
      });

    if (expected.policy === 'reusable')
      test('an older token stays valid and never revokes the session', async () => {
        const token = await server.issue(name);
        const { refresh: successor = '' } = await granted(server, token);
        server.clock.now += expected.gracePeriod;
        const { refresh: third = '' } = await granted(server, successor);
        server.clock.now += expected.gracePeriod;
        await granted(server, token);
        await granted(server, third);
      });

    test('no event contains a token', async () => {
      const token = await server.issue(name);
      await granted(server, token);
      await refresh(server, `${token}x`);
      const told = JSON.stringify([server.engineEvents, server.httpEvents]);
      for (const part of token.split('.').slice(1)) expect(told).not.toContain(part);
    });
  });

  describe(`${name}: invalid input is refused as documented, and the server continues`, () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer();
    });
    afterAll(() => server.stop());

    test.each(Object.entries(hostileTokens(expected)))(
      'a hostile token is refused as documented: %s',
      async (_what, make) => {
        const good = await server.issue(name);
        const answer = await refresh(server, await make(server, good));
        expectFailure(answer, expected.refused.invalid_token);
        expect(server.engineEvents.at(-1)).toMatchObject({ type: 'refused', refusal: 'invalid_token' });
        await granted(server, good);
      },
    );

    test('a token of 1 MB is refused before it reaches a contract', async () => {
      const answer = await call(server.origin, callWith('a'.repeat(1024 * 1024)));
      expect(answer.status).toBe(operation.credentialHeader === undefined ? 413 : 431);
      expect(answer.headers['content-type']).toMatch(/^text\/plain/);
      await granted(server, await server.issue(name));
    });

    test('a token longer than 4096 characters is refused as documented', async () => {
      expectFailure(await refresh(server, 'a'.repeat(4097)), expected.refused.invalid_token);
    });

    test('another method gets 405 in plain text with Allow', async () => {
      const { path } = callWith('');
      for (const method of ['GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', expected.method === 'POST' ? 'PATCH' : 'POST']) {
        const answer = await call(server.origin, { method, path });
        expect([method, answer.status]).toEqual([method, 405]);
        expect(answer.headers['allow']).toBe(expected.method);
        expect(answer.headers['content-type']).toMatch(/^text\/plain/);
      }
    });

    test('an unknown path gets 404 in plain text', async () => {
      const { path, ...rest } = callWith('x');
      for (const unknown of [`${path}/more`, `${path}/`, path.toUpperCase(), `/${path}`, path.slice(0, -1)]) {
        const answer = await call(server.origin, { ...rest, path: unknown });
        expect([unknown, answer.status]).toEqual([unknown, 404]);
        expect(answer.headers['content-type']).toMatch(/^text\/plain/);
      }
    });
  });

  test(`${name}: the example of a call is the published one`, () => {
    const { method, path, headers, body } = exampleCall(document, operation, 'token');
    expect({ method, path, headers, body }).toEqual(callWith('token'));
  });
}

const throttledText = 'Too many requests. Try again after the number of seconds in Retry-After.';
const unavailableText =
  'Temporarily unavailable. Nothing was changed; try again after the number of seconds in Retry-After.';

function isRefusal({ refused }: Expectations): (kind: string) => kind is RefusalKind {
  return (kind): kind is RefusalKind => Object.hasOwn(refused, kind);
}

type Hostile = (server: TestServer, good: string) => Promise<string> | string;

function hostileTokens({ name, algorithm, policy, mediaType }: Expectations): Readonly<Record<string, Hostile>> {
  const publicKeyOf = async (server: TestServer, contract: string): Promise<Record<string, unknown>> => {
    const jwks = json(await call(server.origin, { method: 'GET', path: `/jwks/${contract}.json` }));
    const keys =
      typeof jwks === 'object' && jwks !== null && 'keys' in jwks && Array.isArray(jwks.keys) ? jwks.keys : [];
    return { ...(keys[0] as object) };
  };
  const resigned = (good: string, header: object, secret: string | Uint8Array): string => {
    const input = `${segment(header)}.${good.split('.')[1] ?? ''}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  const withHeader = (good: string, more: object): string =>
    withSegment(good, 0, segment({ ...headerOf(good), ...more }));

  return {
    // In a form an empty token counts as omitted (RFC 6749 §3.2).
    ...(mediaType === undefined && { 'an empty token': () => '' }),
    'Basic credentials': () => 'Basic dXNlcjpwYXNz',
    'two segments': () => 'a.b',
    'four segments': (_server, good) => `${good}.x`,
    'alg none without a signature': (_server, good) => withSegment(withHeader(good, { alg: 'none' }), 2, ''),
    'alg none with the old signature': (_server, good) => withHeader(good, { alg: 'none' }),
    'HS256 signed with the bytes of a public key': async (server, good) => {
      const { x, kid } = await publicKeyOf(server, algorithm === 'EdDSA' ? name : 'fib');
      return resigned(good, { ...headerOf(good), alg: 'HS256', kid }, Buffer.from(String(x), 'base64url'));
    },
    'HS256 signed with the JWK of a public key': async (server, good) => {
      const jwk = await publicKeyOf(server, algorithm === 'EdDSA' ? name : 'fib');
      return resigned(good, { ...headerOf(good), alg: 'HS256' }, JSON.stringify(jwk));
    },
    'a foreign secret': (_server, good) => resigned(good, headerOf(good), 'x'.repeat(32)),
    'a foreign Ed25519 key': (_server, good) => {
      const input = `${segment({ ...headerOf(good), alg: 'EdDSA' })}.${good.split('.')[1] ?? ''}`;
      const { privateKey } = generateKeyPairSync('ed25519');
      return `${input}.${signBytes(null, Buffer.from(input), privateKey).toString('base64url')}`;
    },
    'an unknown kid': (_server, good) => withHeader(good, { kid: 'unknown' }),
    'an expired token': (server, good) => server.sign(name, { ...claimsOf(good), exp: server.clock.now }),
    'a token that is not valid yet': (server, good) =>
      server.sign(name, { ...claimsOf(good), nbf: server.clock.now + 1 }),
    'an access token': async (server, good) => server.sign(name, claimsOf(good), 'access'),
    "another contract's token": (server) => server.issue(name === 'xerial' ? 'cloudreve' : 'xerial'),
    'a tampered payload': (_server, good) => withSegment(good, 1, segment({ ...claimsOf(good), gen: 1 })),
    'a tampered signature': (_server, good) => withSegment(good, 2, 'A'.repeat(good.split('.')[2]?.length ?? 0)),
    'a crit header': (_server, good) => withHeader(good, { crit: ['exp'] }),
    'an embedded jwk': async (server, good) => withHeader(good, { jwk: await publicKeyOf(server, 'fib') }),
    'non-canonical base64url': (_server, good) => respelled(good),
    'padded base64': (_server, good) => `${good}=`,
    'white space inside': (_server, good) => good.replace('.', '. '),
    // A static session has one generation, so another one is unprocessable; rotation.test.ts covers it.
    ...(policy !== 'static' && {
      'a newer generation without a time of issue that could have been lost': (server: TestServer, good: string) =>
        server.sign(name, { ...claimsOf(good), gen: 5, iat: server.clock.now + 1 }),
    }),
  };
}
