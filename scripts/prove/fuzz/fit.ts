// Whether a request fits its operation, by the document alone; and whose credential it has.
import { membersOf, type Operation } from './documented.ts';
import { jsonIn, textIn } from './answers.ts';
import { bytesOf, valuesOfHeader, type Trial } from './trial.ts';

export interface Fit {
  /** What does not fit. */
  readonly misfits: readonly string[];
  /** Something that the document leaves open: neither fits nor does not. */
  readonly isOpen: boolean;
  /** A header that is to be sent once was sent again. */
  readonly isAmbiguous: boolean;
  /** The credential as it was sent; nothing where there is none. */
  readonly credential: string | undefined;
}

/** @param path the one that was sent, without the query */
export function fitOf(trial: Trial, operation: Operation, path: string, query: string): Fit {
  const repeated = ['authorization', 'content-type'].filter(
    (name) => (name === 'content-type' || operation.credential !== undefined) && valuesOfHeader(trial, name).length > 1,
  );
  const body = bodyFit(trial, operation);
  const header = operation.credential && valuesOfHeader(trial, 'authorization')[0];
  return {
    misfits: [
      ...repeated.map((name) => `${name} is repeated`),
      ...parametersThatMisfit(operation, path, query),
      ...body.misfits,
    ],
    isOpen: body.isOpen,
    isAmbiguous: repeated.length > 0,
    credential: operation.credential === undefined ? body.credential : header,
  };
}

function parametersThatMisfit({ template, parameters }: Operation, path: string, query: string): readonly string[] {
  const names = template.split('/').map((segment) => /^\{(\w+)\}$/.exec(segment)?.[1]);
  const sent = new URLSearchParams(query);
  return parameters.flatMap(({ place, name, misfit }) => {
    const segment = path.split('/')[names.indexOf(name)] ?? '';
    const values = place === 'path' ? [decodeURIComponent(segment)] : sent.getAll(name);
    if (values.length > 1) return [`${name} is repeated`];
    return values.flatMap((value) => misfit(value) ?? []).map((wrong) => `${name}: ${wrong}`);
  });
}

type BodyFit = Omit<Fit, 'isAmbiguous'>;

const fine: BodyFit = { misfits: [], isOpen: false, credential: undefined };
const open: BodyFit = { ...fine, isOpen: true };

function bodyFit(trial: Trial, { body: documented }: Operation): BodyFit {
  if (documented === undefined) return fine;
  const mediaType = valuesOfHeader(trial, 'content-type')[0]?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== documented.mediaType) return misfit(`the media type is ${mediaType ?? 'missing'}`);
  if (isOddlyWritten(trial)) return open;
  const bytes = bytesOf({ ...trial, written: trial.written === 'latin1' ? 'latin1' : 'plain' });
  if (bytes === undefined) return misfit('there is no body');
  const text = textIn(bytes);
  if (text === undefined || text.startsWith('\u{feff}')) return open;
  if (mediaType.endsWith('ndjson')) return fine;
  const value = mediaType.endsWith('json') ? jsonIn(text) : formIn(text, documented.schema);
  if (value === undefined) return misfit('the body cannot be read');
  if (value === 'repeated') return misfit('a member is repeated');
  const wrong = documented.misfit(value.json);
  return wrong === undefined ? { ...fine, credential: memberOf(value.json, documented.credential) } : misfit(wrong);
}

function misfit(what: string): BodyFit {
  return { ...fine, misfits: [what] };
}

/** In a charset or an encoding that needs not be understood, or a header that says so of what is written otherwise. */
export function isOddlyWritten(trial: Trial): boolean {
  const encodings = valuesOfHeader(trial, 'content-encoding').join();
  if (encodings !== (trial.written === 'gzip' ? 'gzip' : '')) return true;
  const parameters = valuesOfHeader(trial, 'content-type').join().split(';').slice(1);
  return parameters.some((one) => /^\s*charset/i.test(one) && !/^\s*charset="?utf-8"?\s*$/i.test(one));
}

/** RFC 6749 §3.2: a parameter without a value is none, and none comes twice. */
function formIn(text: string, schema: unknown): { readonly json: unknown } | 'repeated' {
  const pairs = [...new URLSearchParams(text)];
  // What the document does not have may come as often as it likes.
  const known = Object.keys(membersOf(membersOf(schema)['properties']));
  if (known.some((name) => pairs.filter(([one]) => one === name).length > 1)) return 'repeated';
  return { json: Object.fromEntries(pairs.filter(([, value]) => value !== '')) };
}

function memberOf(value: unknown, name: string | undefined): string | undefined {
  if (name === undefined || typeof value !== 'object' || value === null) return undefined;
  const member: unknown = Object.entries(value).find(([one]) => one === name)?.[1];
  return typeof member === 'string' ? member : undefined;
}
