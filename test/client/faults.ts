// Whatever may stand between a session and its tokens, as a table: the session survives all of it.
import type { Fault } from './world.ts';

const html = { 'content-type': 'text/html' };
const json = { 'content-type': 'application/json' };

const answer =
  (status: number, body: string | null, headers: Record<string, string> = {}): Fault =>
  async () =>
    new Response(body, { status, headers });

/** The server's own answer, after it has committed, with another text. */
const altered =
  (change: (text: string) => string): Fault =>
  async (forward) => {
    const response = await forward();
    return new Response(change(await response.text()), response);
  };

/** The answer with something else in the place of its tokens. */
const tokensAs = (value: unknown): Fault =>
  altered((text) => text.replaceAll(/"[\w-]+\.[\w-]+\.[\w-]+"/g, JSON.stringify(value)));

const lastTokenAs = (value: unknown): Fault =>
  altered((text) =>
    text.replace(/(.*)"[\w-]+\.[\w-]+\.[\w-]+"/s, (_all, before: string) => before + JSON.stringify(value)),
  );

/** No answer yet, and maybe when to ask again. @param date of the answer */
export const busy =
  (retryAfter?: string, date?: string): Fault =>
  async () =>
    new Response('busy', {
      status: 503,
      headers: { ...(retryAfter && { 'retry-after': retryAfter }), ...(date && { date }) },
    });

export const lost: Fault = () => Promise.reject(new TypeError('fetch failed'));

const heeding: Fault = (_forward, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

const table: readonly (readonly [name: string, fault: Fault, status?: number])[] = [
  ['a request that is lost', lost],
  [
    'an answer that is lost after the server has committed',
    async (forward) => {
      await forward();
      throw new TypeError('terminated');
    },
  ],
  ['a request that is aborted', () => Promise.reject(new DOMException('aborted', 'AbortError'))],
  ['an answer that never comes', heeding],
  ['an answer that never comes, to a fetch that heeds no signal', () => new Promise(() => undefined)],
  [
    'an answer that never ends',
    async () =>
      new Response(new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode('{"code":')) })),
    200,
  ],
  ['an answer that is cut in half', altered((text) => text.slice(0, text.length / 2)), 200],
  ['503 with Retry-After', answer(503, 'busy', { 'retry-after': '7' }), 503],
  [
    '503 with the date of Retry-After',
    answer(503, 'busy', { 'retry-after': new Date(1_700_000_020_000).toUTCString() }),
    503,
  ],
  ['503 with a Retry-After that is none', answer(503, 'busy', { 'retry-after': 'soon' }), 503],
  ['429', answer(429, 'slowly', { 'retry-after': '3' }), 429],
  ['500 with JSON', answer(500, '{"error":"Internal Server Error"}', json), 500],
  ["an HTML page of a proxy's", answer(502, '<h1>Bad gateway</h1>', html), 502],
  ['an HTML page with 200', answer(200, '<h1>Sign in to this network</h1>', html), 200],
  ['an HTML page with 401', answer(401, '<h1>Unauthorized</h1>', html), 401],
  ['an HTML page with 404', answer(404, '<h1>Not here</h1>', html), 404],
  ["401 with somebody else's JSON", answer(401, '{"message":"Unauthorized"}', json), 401],
  ["200 with somebody else's JSON", answer(200, '{"error":"login_required","code":"0"}', json), 200],
  ['200 with null', answer(200, 'null', json), 200],
  ['200 with a list', answer(200, '[]', json), 200],
  ['200 with a string', answer(200, '"OK"', json), 200],
  ['200 with nothing', answer(200, '', json), 200],
  ['204', answer(204, null), 204],
  ['tokens that are missing', tokensAs(undefined), 200],
  ['tokens that are empty', tokensAs(''), 200],
  ['tokens that are numbers', tokensAs(17), 200],
  ['tokens that are null', tokensAs(null), 200],
  ['tokens that are words', tokensAs('undefined'), 200],
  ['a last token that is empty', lastTokenAs(''), 200],
  ['a redirect', answer(307, null, { location: 'https://elsewhere.example/' }), 307],
];

/** Each with the status that is told of it, where it has one. */
export const faults = table.map(([name, fault, status]) => ({ name, fault, status }));
