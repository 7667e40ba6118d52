// Bodies made up from their schemas, written in their media type; and such as are not.
import fc from 'fast-check';
import type { Body, Documented } from './documented.ts';
import { mutated } from './mutated.ts';
import { anyText, valuesOf, type Known } from './values.ts';

export interface Saying {
  readonly documented: Documented;
  readonly known: Known;
}

/** Chooses between what an operation asks for and something else. */
export type Choose = <Value>(
  usual: fc.Arbitrary<Value>,
  other: fc.Arbitrary<Value>,
  weight: number,
) => fc.Arbitrary<Value>;

export const usually: Choose = (usual) => usual;

export const mostly: Choose = (usual, other, weight) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: other });

/** Of an operation that asks for none. */
export function unaskedBodies(choose: Choose): fc.Arbitrary<string | undefined> {
  return choose<string | undefined>(fc.constant(undefined), fc.constantFrom('', '{', '{}', 'a=b', '\0'), 6);
}

export function bodiesOf(body: Body, saying: Saying, choose: Choose): fc.Arbitrary<string | undefined> {
  const texts = body.mediaType.endsWith('ndjson') ? linesOf(body, saying) : membersOf(body, saying);
  const long = fc.constantFrom(16_384, 16_385, 20_000).map((length) => ' '.repeat(length));
  const other = fc.oneof(
    { weight: 6, arbitrary: texts.nearly },
    { weight: 2, arbitrary: fc.constantFrom(undefined, ...garbage) },
    { weight: 1, arbitrary: anyText },
    { weight: 1, arbitrary: fc.tuple(texts.well, long).map(([text, blanks]) => text + blanks) },
  );
  return choose<string | undefined>(texts.well, other, 1);
}

const garbage = ['', ' ', '{', '[]', 'null', '""', '1e999', '{"a":1,}', '\u{feff}{}', '{}{}', 'NaN'];

/** Such as fit, and such as nearly do. */
interface Texts {
  readonly well: fc.Arbitrary<string>;
  readonly nearly: fc.Arbitrary<string>;
}

function membersOf({ mediaType, schema }: Body, { documented, known }: Saying): Texts {
  const values = valuesOf(schema, documented, known);
  const written = mediaType === 'application/x-www-form-urlencoded' ? formOf : jsonOf;
  return { well: values.map(written), nearly: mutated(values).map(written) };
}

/** A value a line, each by the schema that the lines have. */
function linesOf({ schema }: Body, { documented, known }: Saying): Texts {
  const rows = valuesOf(documented.resolved(schema)['contentSchema'], documented, known);
  const lines = (some: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
    fc.array(some, { maxLength: 5 }).map((values) => values.map(jsonOf).join('\n'));
  return { well: lines(rows), nearly: lines(fc.oneof(rows, mutated(rows), anyText)) };
}

function jsonOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}

function formOf(value: unknown): string {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const pairs = members.map(([name, one]: [string, unknown]) => [name, typeof one === 'string' ? one : jsonOf(one)]);
  // A tilde is what our own stand-ins have, and means itself in a form.
  return new URLSearchParams(pairs).toString().replaceAll('%7E', '~');
}
