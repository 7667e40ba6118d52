// Requests generated from the document of an operation: valid, nearly valid and invalid ones.
import fc from 'fast-check';
import { membersOf, type Body, type Operation } from './documents.ts';
import { anyText, mutated, valuesOf, type Known } from './values.ts';

export interface Trial {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Chooses between a valid value and another one. */
type Choose = <Value>(usual: fc.Arbitrary<Value>, other: fc.Arbitrary<Value>, weight: number) => fc.Arbitrary<Value>;

/** Generates requests to an operation or a similar path. @param isPreferring whether they prefer a response, for the mock */
export function requestsAt(operation: Operation, known: Known, isPreferring: boolean): fc.Arbitrary<Trial> {
  const requestsWith = (choose: Choose): fc.Arbitrary<Trial> =>
    fc
      .record({
        method: choose(fc.constant(operation.method), fc.constantFrom(...otherMethods), 12),
        path: pathsOf(operation, known, choose),
        query: queryOf(operation, known, choose),
        headers: fc
          .tuple(
            choose<Headers>(fc.constant({}), fc.constantFrom(...moreHeaders), 1),
            choose<Headers>(fc.constant(mediaOf(operation.body)), otherMedia(operation.body), 5),
            credentials(operation, choose),
            isPreferring ? preferences(operation) : fc.constant({}),
          )
          .map(([more, media, credential, preference]) => ({ ...more, ...media, ...credential, ...preference })),
        body: operation.body === undefined ? unexpected(choose) : bodiesOf(operation.body, known, choose),
      })
      .map(({ path, query, ...rest }) => ({ ...rest, path: path + query }));
  return fc.oneof(
    { weight: 1, arbitrary: requestsWith((usual) => usual) },
    {
      weight: 3,
      arbitrary: requestsWith((usual, other, weight) =>
        fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: other }),
      ),
    },
  );
}

type Headers = Readonly<Record<string, string>>;

const otherMethods = 'GET HEAD POST PUT PATCH DELETE OPTIONS TRACE PROPFIND QUERY'.split(' ');

function pathsOf({ template, parameters }: Operation, known: Known, choose: Choose): fc.Arbitrary<string> {
  const values = parameters.filter(({ place }) => place === 'path').map((one) => parameterOf(one, known, choose));
  const filled = fc.tuple(...values).map((texts) => {
    const left = texts.values();
    return template.replaceAll(/\{\w+\}/g, () => encodeURIComponent(left.next().value ?? ''));
  });
  const strayed = fc.tuple(filled, anyText, fc.constantFrom(...strayings));
  return choose(
    filled,
    strayed.map(([path, text, stray]) => stray(path, encodeURIComponent(text))),
    12,
  );
}

/** Changes that lead to another path. */
const strayings: readonly ((path: string, text: string) => string)[] = [
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => path.replace(/\/(?=[^/]*$)/, '//'),
  (path) => path.slice(0, -1),
  (path) => path.toUpperCase(),
  (path) => `${path}/..`,
  (path) => path.replace(/[a-z](?=[^a-z]*$)/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path) => `${path};a=b`,
  (path, text) => `${path}/${text}`,
  (path, text) => path.replace(/[^/]+$/, text),
  (path, text) => `/${path.split('/')[1] ?? ''}/${text}`,
  (_path, text) => `/nowhere/${text}`,
];

function parameterOf({ schema, name }: Operation['parameters'][number], known: Known, choose: Choose) {
  return choose(valuesOf(schema, known, name).map(String), anyText, 8);
}

function queryOf({ parameters }: Operation, known: Known, choose: Choose): fc.Arbitrary<string> {
  const own = parameters.filter(({ place }) => place === 'query');
  const pairs = own.map((one) =>
    parameterOf(one, known, choose).map((value) => `${one.name}=${encodeURIComponent(value)}`),
  );
  const strange = fc.oneof(
    fc.tuple(anyText, anyText).map((pair) => pair.map(encodeURIComponent).join('=')),
    fc.constantFrom('a[b]=c', '%zz=1', '=', '&&', 'a', '%00', ...own.map(({ name }) => `${name}[]=1`)),
  );
  const usual = pairs.length === 0 ? fc.constant<string[]>([]) : fc.array(fc.oneof(...pairs), { maxLength: 3 });
  const other = fc.array(fc.oneof(strange, ...pairs), { maxLength: 4 });
  return choose(usual, other, 6).map((some) => (some.length === 0 ? '' : `?${some.join('&')}`));
}

function mediaOf(body: Body | undefined): Headers {
  return body === undefined ? {} : { 'content-type': body.mediaType };
}

function otherMedia(body: Body | undefined): fc.Arbitrary<Headers> {
  const { mediaType } = body ?? { mediaType: 'application/json' };
  const own = ['; charset=utf-8', ';charset="UTF-8"', '; boundary=x; q=1', ',', 'x'].map((more) => mediaType + more);
  const others = ['text/plain', 'application/xml', 'application/json', 'application/merge-patch+json', '*/*', 'json'];
  const strange = ['multipart/form-data', 'application/x-www-form-urlencoded', ';', '/', '', mediaType.toUpperCase()];
  const types = [...own, ...others, ...strange].map((type) => ({ 'content-type': type }));
  return fc.constantFrom<Headers>({}, ...types);
}

/** Texts that a header's value may have (RFC 9110 §5.5). */
const headerText = anyText.map((text) => text.replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/gu, ''));

function credentials({ credential }: Operation, choose: Choose): fc.Arbitrary<Headers> {
  const of = (authorization: string): Headers => ({ authorization });
  if (credential === undefined) return choose<Headers>(fc.constant({}), headerText.map(of), 12);
  const good = credential === 'bearer' ? 'Bearer ~admin~' : '~active~';
  const tokens = ['~active~', '~revoked~', '~orphan~', '~foreign~', '~access~', '~admin~'];
  const strange = ['', 'Bearer', 'Bearer ', `Basic ${good}`, good.replace('Bearer', 'bEARER'), `${good} ${good}`];
  const any = fc.constantFrom<Headers>(
    {},
    ...[...strange, ...tokens, ...tokens.map((token) => `Bearer ${token}`)].map(of),
  );
  const other = fc.oneof({ weight: 4, arbitrary: any }, { weight: 1, arbitrary: headerText.map(of) });
  return choose<Headers>(fc.constant(of(good)), other, 2);
}

/** Headers that no operation uses. */
const moreHeaders: readonly Headers[] = [
  ...[{ accept: 'text/html' }, { 'accept-encoding': 'gzip, br' }, { 'accept-charset': 'utf-16' }, { cookie: 'a=b' }],
  ...[{ expect: '100-continue' }, { expect: 'the-unexpected' }, { 'if-match': '*' }, { 'if-none-match': '*' }],
  ...[{ origin: 'https://elsewhere.example' }, { range: 'bytes=0-1' }, { upgrade: 'websocket' }],
  ...[{ 'x-forwarded-for': '203.0.113.7, 10.0.0.1' }, { 'x-forwarded-host': 'elsewhere.example' }],
  ...[{ 'x-http-method-override': 'DELETE' }, { 'x-original-url': '/healthz' }, { 'x-request-id': 'mine' }],
];

function preferences({ responses }: Operation): fc.Arbitrary<Headers> {
  const codes = [...responses.keys(), 204, 418].map((status): Headers => ({ prefer: `code=${status}` }));
  return fc.constantFrom<Headers>({}, ...codes);
}

/** Bodies for an operation without one. */
function unexpected(choose: Choose): fc.Arbitrary<string | undefined> {
  return choose<string | undefined>(fc.constant(undefined), fc.constantFrom('', '{', '{}', 'a=b', '\0'), 6);
}

function bodiesOf(body: Body, known: Known, choose: Choose): fc.Arbitrary<string | undefined> {
  const { fitting, nearly } = textsOf(body, known);
  const garbage = [undefined, '', ' ', '{', '[]', 'null', '""', '1e999', '{"a":1,}', '{}{}', 'NaN'];
  const other = fc.oneof<fc.Arbitrary<string | undefined>[]>(
    nearly,
    nearly,
    nearly,
    fc.constantFrom(...garbage),
    anyText,
  );
  return choose<string | undefined>(fitting, other, 1);
}

function textsOf({ mediaType, schema }: Body, known: Known) {
  if (!mediaType.endsWith('ndjson')) {
    const values = valuesOf(schema, known);
    const write = mediaType === 'application/x-www-form-urlencoded' ? formOf : jsonOf;
    return { fitting: values.map(write), nearly: mutated(values).map(write) };
  }
  const rows = valuesOf(schema['contentSchema'], known);
  const lines = (some: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
    fc.array(some, { maxLength: 5 }).map((values) => values.map(jsonOf).join('\n'));
  return { fitting: lines(rows), nearly: lines(fc.oneof(rows, mutated(rows), anyText)) };
}

function jsonOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}

function formOf(value: unknown): string {
  const pairs = Object.entries(membersOf(value)).map(([name, one]) => [
    name,
    typeof one === 'string' ? one : jsonOf(one),
  ]);
  // Placeholders have a tilde, which may be unencoded in a form.
  return new URLSearchParams(pairs).toString().replaceAll('%7E', '~');
}
