// Requests made up from what a document says of an operation: such as fit it, such as nearly do, and such as do not.
import fc from 'fast-check';
import { bodiesOf, mostly, unaskedBodies, usually, type Choose, type Saying } from './bodies.ts';
import type { Body, Operation, Parameter } from './documented.ts';
import type { Trial } from './trial.ts';
import { anyText, valuesOf } from './values.ts';

export interface Requesting extends Saying {
  /** With a wish for one of the documented answers, as the mock takes it. */
  readonly isPreferring: boolean;
}

/** Requests at the path of an operation, or close to it. */
export function requestsAt(operation: Operation, requesting: Requesting): fc.Arbitrary<Trial> {
  return fc.oneof(
    { weight: 1, arbitrary: requestsWith(operation, requesting, usually) },
    { weight: 3, arbitrary: requestsWith(operation, requesting, mostly) },
  );
}

function requestsWith(operation: Operation, requesting: Requesting, choose: Choose): fc.Arbitrary<Trial> {
  return fc
    .record({
      method: choose(fc.constant(operation.method), fc.constantFrom(...otherMethods), 12),
      path: pathsOf(operation, requesting, choose),
      query: queryOf(operation, requesting, choose),
      media: mediaOf(operation.body, choose),
      credential: credentialOf(operation, choose),
      more: choose<readonly (readonly Header[])[]>(fc.constant([]), fc.array(moreHeaders, { maxLength: 2 }), 1),
      wish: requesting.isPreferring ? wishes(operation) : fc.constant([]),
      body: operation.body === undefined ? unaskedBodies(choose) : bodiesOf(operation.body, requesting, choose),
      written: choose(fc.constant('plain'), fc.constantFrom<Trial['written']>('gzip', 'latin1'), 20),
    })
    .map(({ method, path, query, media, credential, more, wish, body, written }) => ({
      method,
      path: path + query,
      headers: [
        ...media,
        ...credential,
        ...more.flat(),
        ...wish,
        ...(written === 'gzip' && body !== undefined ? [['content-encoding', 'gzip'] as const] : []),
      ],
      body,
      written,
    }));
}

type Header = readonly [name: string, value: string];

/** CONNECT is none of HTTP's ordinary requests; the last two are no methods that Node knows. */
const otherMethods = 'GET HEAD POST PUT PATCH DELETE OPTIONS TRACE PROPFIND QUERY FOO GETT'.split(' ');

function pathsOf({ template, parameters }: Operation, requesting: Requesting, choose: Choose): fc.Arbitrary<string> {
  const filled = fc
    .tuple(...parameters.filter(({ place }) => place === 'path').map((one) => parameterOf(one, requesting, choose)))
    .map((values) => {
      const waiting = values.values();
      return template.replaceAll(/\{\w+\}/g, () => encodeURIComponent(waiting.next().value ?? ''));
    });
  return choose(
    filled,
    fc.tuple(filled, anyText, fc.constantFrom(...strayings)).map(([path, text, stray]) => stray(path, text)),
    12,
  );
}

/** Ways to be beside a path. */
const strayings: readonly ((path: string, text: string) => string)[] = [
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => path.replace(/\/(?=[^/]*$)/, '//'),
  (path) => path.slice(0, -1),
  (path) => path.toUpperCase(),
  (path) => `${path}/..`,
  (path) => path.replace(/[a-z](?=[^a-z]*$)/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path) => `${path}%zz`,
  (path) => `${path}%c3%28`,
  (path) => `${path};a=b`,
  (path, text) => `${path}/${encodeURIComponent(text)}`,
  (path, text) => path.replace(/[^/]+$/, encodeURIComponent(text)),
  (path, text) => `/${(/^\/[^/]+/.exec(path)?.[0] ?? '').slice(1)}/${encodeURIComponent(text)}`,
  (_path, text) => `/nowhere/${encodeURIComponent(text)}`,
];

function parameterOf(parameter: Parameter, { documented, known }: Requesting, choose: Choose): fc.Arbitrary<string> {
  const values = valuesOf(parameter.schema, documented, known, parameter.name).map(String);
  return choose(values, anyText, 8);
}

function queryOf({ parameters }: Operation, requesting: Requesting, choose: Choose): fc.Arbitrary<string> {
  const own = parameters.filter(({ place }) => place === 'query');
  const pairs = own.map((one) =>
    parameterOf(one, requesting, choose).map((value) => `${one.name}=${encodeURIComponent(value)}`),
  );
  const strange = fc.oneof(
    fc.tuple(anyText, anyText).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
    fc.constantFrom('a[b]=c', '%zz=1', '=', '&&', 'a', '%00', ...own.map(({ name }) => `${name}[]=1`)),
  );
  const usual = pairs.length === 0 ? fc.constant<string[]>([]) : fc.array(fc.oneof(...pairs), { maxLength: 3 });
  return choose(usual, fc.array(fc.oneof(strange, ...pairs), { maxLength: 4 }), 6).map((some) =>
    some.length === 0 ? '' : `?${some.join('&')}`,
  );
}

function mediaOf(body: Body | undefined, choose: Choose): fc.Arbitrary<readonly Header[]> {
  const of = (value: string): Header => ['content-type', value];
  const mediaType = body?.mediaType ?? 'application/json';
  const strange: readonly (readonly Header[])[] = [
    [],
    [of(mediaType.toUpperCase())],
    [of(`${mediaType}; charset=utf-8`)],
    [of(`${mediaType};charset="UTF-8"`)],
    [of(`${mediaType}; charset=latin1`)],
    [of(`${mediaType}; charset=utf-16`)],
    [of(`${mediaType}; boundary=x; q=1`)],
    [of(`${mediaType},`)],
    [of(`${mediaType}x`)],
    [of(''), of(mediaType)],
    [of(mediaType), of(mediaType)],
    ...['text/plain', 'application/xml', 'application/json', 'application/merge-patch+json', 'multipart/form-data'].map(
      (other) => [of(other)],
    ),
    ...['application/x-www-form-urlencoded', '*/*', 'json', ';', '/'].map((other) => [of(other)]),
  ];
  return choose(
    fc.constant<readonly Header[]>(body === undefined ? [] : [of(mediaType)]),
    fc.constantFrom(...strange),
    5,
  );
}

function credentialOf({ credential }: Operation, choose: Choose): fc.Arbitrary<readonly Header[]> {
  const of = (value: string): Header => ['authorization', value];
  if (credential === undefined)
    return choose(
      fc.constant<readonly Header[]>([]),
      headerText.map((text): readonly Header[] => [of(text)]),
      12,
    );
  const good = credential === 'bearer' ? 'Bearer ~admin~' : '~living~';
  const tokens = ['~living~', '~revoked~', '~orphan~', '~foreign~', '~access~', '~admin~'];
  const strange: readonly (readonly Header[])[] = [
    [],
    [of('')],
    [of('Bearer')],
    [of('Bearer ')],
    [of(`Basic ${good}`)],
    [of(good), of(good)],
    [of(good.replace('Bearer', 'bEARER'))],
    [of(`${good} ${good}`)],
    ...tokens.flatMap((token) => [[of(token)], [of(`Bearer ${token}`)]]),
  ];
  const any = headerText.map((text): readonly Header[] => [of(text)]);
  const other = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...strange) }, { weight: 1, arbitrary: any });
  return choose(fc.constant<readonly Header[]>([of(good)]), other, 2);
}

/** What a header's value can be made of (RFC 9110 §5.5). */
const headerText = anyText.map((text) => text.replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/gu, ''));

/** Headers that an operation does not ask for. */
const moreHeaders: fc.Arbitrary<readonly Header[]> = fc.oneof(
  fc.constantFrom<readonly Header[]>(
    [['accept', 'text/html']],
    [['accept', 'application/xml;q=0.9, */*;q=0.1']],
    [['accept-encoding', 'gzip, br']],
    [['accept-charset', 'utf-16']],
    [['accept-language', 'fi']],
    [['content-encoding', 'gzip']],
    [['content-encoding', 'compress']],
    [['content-language', 'fi']],
    [['expect', '100-continue']],
    [['expect', 'the-unexpected']],
    [['host', 'elsewhere.example']],
    [['if-match', '*']],
    [['if-none-match', '*']],
    [['if-modified-since', 'Thu, 01 Jan 1970 00:00:00 GMT']],
    [['origin', 'https://elsewhere.example']],
    [['range', 'bytes=0-1']],
    [['upgrade', 'websocket']],
    [['x-forwarded-for', '203.0.113.7, 10.0.0.1']],
    [['x-forwarded-host', 'elsewhere.example']],
    [['x-http-method-override', 'DELETE']],
    [['x-original-url', '/healthz']],
    [['cookie', 'a=b']],
  ),
  headerText.map((text): readonly Header[] => [['x-request-id', text]]),
  headerText.map((text): readonly Header[] => [['user-agent', text]]),
);

function wishes({ answers }: Operation): fc.Arbitrary<readonly Header[]> {
  const codes = [...answers.keys(), 204, 418].map((status): readonly Header[] => [
    ['prefer', `code=${String(status)}`],
  ]);
  return fc.oneof(fc.constant([]), fc.constantFrom(...codes));
}
