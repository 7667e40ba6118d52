// A table of faults between a session and its server, all of which the session survives.
import type { Fault } from './world.ts';

const html = { 'content-type': 'text/html' };
const json = { 'content-type': 'application/json' };

const respond =
  (status: number, body: string | null, headers: Record<string, string> = {}): Fault =>
  async () =>
    new Response(body, { status, headers });

/** Replaces the body of the server's response, after its commit. */
const changeBody =
  (change: (text: string) => string): Fault =>
  async (forward) => {
    const response = await forward();
    return new Response(change(await response.text()), response);
  };

/** Replaces the tokens in a response. */
const tokensAs = (value: unknown): Fault =>
  changeBody((text) => text.replaceAll(/"[\w-]+\.[\w-]+\.[\w-]+"/g, JSON.stringify(value)));

const lastTokenAs = (value: unknown): Fault =>
  changeBody((text) =>
    text.replace(/(.*)"[\w-]+\.[\w-]+\.[\w-]+"/s, (_all, before: string) => before + JSON.stringify(value)),
  );

/** A response without tokens, and with a Retry-After if given. @param date of the response */
export const busy =
  (retryAfter?: string, date?: string): Fault =>
  async () =>
    new Response('busy', {
      status: 503,
      headers: { ...(retryAfter && { 'retry-after': retryAfter }), ...(date && { date }) },
    });

export const lost: Fault = () => Promise.reject(new TypeError('fetch failed'));

const untilAborted: Fault = (_forward, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

const table: readonly (readonly [name: string, fault: Fault, status?: number])[] = [
  ['a lost request', lost],
  [
    'a response lost after the commit',
    async (forward) => {
      await forward();
      throw new TypeError('terminated');
    },
  ],
  ['an aborted request', () => Promise.reject(new DOMException('aborted', 'AbortError'))],
  ['a response that never arrives', untilAborted],
  ['a response that never arrives, with a fetch that ignores signals', () => new Promise(() => undefined)],
  [
    'a response that never ends',
    async () =>
      new Response(new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode('{"code":')) })),
    200,
  ],
  ['a truncated response', changeBody((text) => text.slice(0, text.length / 2)), 200],
  ['503 with Retry-After', respond(503, 'busy', { 'retry-after': '7' }), 503],
  [
    '503 with the date of Retry-After',
    respond(503, 'busy', { 'retry-after': new Date(1_700_000_020_000).toUTCString() }),
    503,
  ],
  ['503 with an invalid Retry-After', respond(503, 'busy', { 'retry-after': 'soon' }), 503],
  ['429', respond(429, 'slowly', { 'retry-after': '3' }), 429],
  ['500 with JSON', respond(500, '{"error":"Internal Server Error"}', json), 500],
  ['an HTML page of a proxy', respond(502, '<h1>Bad gateway</h1>', html), 502],
  ['an HTML page with 200', respond(200, '<h1>Sign in to this network</h1>', html), 200],
  ['an HTML page with 401', respond(401, '<h1>Unauthorized</h1>', html), 401],
  ['an HTML page with 404', respond(404, '<h1>Not here</h1>', html), 404],
  ['401 with foreign JSON', respond(401, '{"message":"Unauthorized"}', json), 401],
  ['200 with foreign JSON', respond(200, '{"error":"login_required","code":"0"}', json), 200],
  ['200 with null', respond(200, 'null', json), 200],
  ['200 with a list', respond(200, '[]', json), 200],
  ['200 with a string', respond(200, '"OK"', json), 200],
  ['200 without a body', respond(200, '', json), 200],
  ['204', respond(204, null), 204],
  ['missing tokens', tokensAs(undefined), 200],
  ['empty tokens', tokensAs(''), 200],
  ['numbers as tokens', tokensAs(17), 200],
  ['null as tokens', tokensAs(null), 200],
  ['words as tokens', tokensAs('undefined'), 200],
  ['an empty last token', lastTokenAs(''), 200],
  ['a redirect', respond(307, null, { location: 'https://elsewhere.example/' }), 307],
];

/** Each with the status of its `unavailable` event, if any. */
export const faults = table.map(([name, fault, status]) => ({ name, fault, status }));
