// The published request of a contract, and the mistakes that a caller can make in it.
import type { WireCall } from '../../shared/wire.ts';
import type { Expectations, Expected } from '../kit.ts';

const form = 'application/x-www-form-urlencoded';

/** The request with a token in it. */
export function requestWith(expected: Expectations, token: string): WireCall {
  const { method, path, bodyWith, mediaType, credentialHeader = 'authorization' } = expected;
  if (bodyWith === undefined) return { method, path, headers: { [credentialHeader]: token }, body: undefined };
  const body = bodyWith(token);
  const type = mediaType ?? 'application/json';
  return {
    method,
    path,
    headers: { 'content-type': type },
    body: type === form ? encoded(body) : JSON.stringify(body),
  };
}

/** The same without a credential. */
export function requestsWithout(expected: Expectations): Readonly<Record<string, WireCall>> {
  const { headers, ...rest } = requestWith(expected, '');
  if (expected.bodyWith === undefined) return { 'no header': rest };
  const without = (body: string): WireCall => ({ ...rest, headers: headers ?? {}, body });
  if (expected.mediaType !== form) return { 'an empty object': without('{}') };
  // RFC 6749 §3.2: a parameter that is sent without a value is treated as if it were omitted.
  const left = Object.entries(membersOf(expected.bodyWith(''))).filter(([, value]) => value !== '');
  return {
    'a form without the parameter': without(encoded(Object.fromEntries(left))),
    'a parameter without a value': without(encoded(expected.bodyWith(''))),
  };
}

/** Requests that violate the document, and their replies. */
export function violations(expected: Expectations, token: string): [what: string, WireCall, Expected][] {
  const good = requestWith(expected, token);
  const { bodyWith, violation } = expected;
  const refused = (calls: Readonly<Record<string, WireCall>>): [string, WireCall, Expected][] =>
    Object.entries(calls).map(([what, wrong]) => [what, wrong, violation]);
  if (bodyWith === undefined) {
    const [name = ''] = Object.keys(good.headers ?? {});
    return refused({ 'two credentials': { ...good, headers: { [name]: [token, token] } } });
  }
  const all = { good, members: membersOf(bodyWith(token)), token };
  return expected.mediaType === form
    ? [...refused(wrongForms(all)), ...otherValues(expected, all)]
    : refused(wrongJson(all, bodyWith));
}

interface Good {
  readonly good: WireCall;
  readonly members: Readonly<Record<string, string>>;
  readonly token: string;
}

function wrongJson({ good }: Good, bodyWith: (credential: unknown) => unknown): Record<string, WireCall> {
  const withBody = (body: string | Uint8Array): WireCall => ({ ...good, body });
  return {
    'a number for the token': withBody(JSON.stringify(bodyWith(7))),
    'null for the token': withBody(JSON.stringify(bodyWith(null))),
    'a list for the token': withBody(JSON.stringify(bodyWith(['a']))),
    'a JSON array': withBody('[]'),
    'a JSON scalar': withBody('"token"'),
    'truncated JSON': withBody(good.body?.toString().slice(0, -1) ?? ''),
    'not UTF-8': withBody(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])),
    'an empty body': withBody(''),
    'another media type': withHeader(good, 'content-type', 'text/plain'),
    'a form': withHeader(good, 'content-type', form),
    'another JSON media type': withHeader(good, 'content-type', 'application/merge-patch+json'),
    'a body that is not the gzip it claims to be': withHeader(good, 'content-encoding', 'gzip'),
    'no media type': { ...good, headers: {} },
  };
}

function wrongForms({ good, members, token }: Good): Record<string, WireCall> {
  const text = good.body?.toString() ?? '';
  const withBody = (body: string): WireCall => ({ ...good, body });
  const names = Object.keys(members);
  const credential = names.find((name) => members[name] === token) ?? '';
  const renamed = (name: string): WireCall => withBody(text.replace(`${credential}=${token}`, `${name}=${token}`));
  return {
    // RFC 6749 §3.2: parameters are not included more than once.
    ...Object.fromEntries(names.map((name) => [`${name} twice`, withBody(`${text}&${name}=${members[name] ?? ''}`)])),
    ...Object.fromEntries(names.map((name) => [`${name} and ${name} empty`, withBody(`${text}&${name}=`)])),
    ...Object.fromEntries(names.map((name) => [`${name} missing`, withBody(without(members, name))])),
    ...Object.fromEntries(names.map((name) => [`${name} empty`, withBody(encoded({ ...members, [name]: '' }))])),
    // A name is a plain string and never a path to a nested member.
    'the token in a list': renamed(`${credential}[]`),
    'the token in a list, brackets escaped': renamed(`${credential}%5B%5D`),
    'the token in an object': renamed(`${credential}[a]`),
    'the token in brackets': renamed(`[${credential}]`),
    'the name in capitals': renamed(credential.toUpperCase()),
    'members of every object for parameters': withBody('__proto__=a&constructor=b&toString=c'),
    'an empty body': withBody(''),
    'nothing but separators': withBody('&&=&'),
    'JSON in the name of a form': withBody(JSON.stringify(members)),
    JSON: { ...withHeader(good, 'content-type', 'application/json'), body: JSON.stringify(members) },
    'a multipart form': withHeader(good, 'content-type', 'multipart/form-data; boundary=x'),
    'another media type': withHeader(good, 'content-type', 'text/plain'),
    'a body that is not the gzip it claims to be': withHeader(good, 'content-encoding', 'gzip'),
    'no media type': { ...good, headers: {} },
    'the parameters in the query': { ...good, path: `${good.path}?${text}`, body: '' },
  };
}

/** Another value of a constant parameter, which may have a separate reply (RFC 6749 §5.2). */
function otherValues(expected: Expectations, { good, members, token }: Good): [string, WireCall, Expected][] {
  return Object.entries(members)
    .filter(([, value]) => value !== token)
    .flatMap(([name, value]) =>
      ['password', value.toUpperCase(), `${value} `].map((other): [string, WireCall, Expected] => [
        `${name}: ${other}`,
        { ...good, body: encoded({ ...members, [name]: other }) },
        expected.otherValue ?? expected.violation,
      ]),
    );
}

/** Other encodings of the same form. */
export function formsAlike(expected: Expectations, token: string): Readonly<Record<string, WireCall>> {
  const good = requestWith(expected, token);
  const text = good.body?.toString() ?? '';
  if (expected.mediaType !== form) return {};
  return {
    'a charset': withHeader(good, 'content-type', `${form}; charset=UTF-8`),
    'a media type in capitals': withHeader(good, 'content-type', form.toUpperCase()),
    'an unknown parameter': { ...good, body: `${text}&scope_of_work=all` },
    // RFC 8707 §2 repeats this parameter; undocumented parameters are ignored.
    'an unknown parameter twice': { ...good, body: `resource=a&${text}&resource=b` },
    'another order': { ...good, body: text.split('&').reverse().join('&') },
    'escapes that were not needed': { ...good, body: text.replaceAll('_', '%5f').replaceAll('.', '%2E') },
    'two thousand unknown parameters': { ...good, body: `${text}${'&a=1'.repeat(2000)}` },
  };
}

function encoded(body: unknown): string {
  return new URLSearchParams(membersOf(body)).toString();
}

function without(members: Readonly<Record<string, string>>, name: string): string {
  return encoded(Object.fromEntries(Object.entries(members).filter(([one]) => one !== name)));
}

function membersOf(body: unknown): Record<string, string> {
  const members = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  return Object.fromEntries(members.map(([name, value]: [string, unknown]) => [name, String(value)]));
}

function withHeader(good: WireCall, name: string, value: string): WireCall {
  return { ...good, headers: { ...good.headers, [name]: value } };
}
