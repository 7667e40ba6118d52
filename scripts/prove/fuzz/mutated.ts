// A JSON value with one thing wrong somewhere in it.
import fc from 'fast-check';
import { anyText } from './values.ts';

/** The value, changed at one place: another type, a member fewer, one more, one by another name. */
export function mutated(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(values, fc.nat(1_000), change).map(([value, where, apply]) => {
    const places = placesIn(value);
    const place = places[where % places.length];
    return place === undefined ? value : replaced(value, place, apply);
  });
}

/** What becomes of a value; `undefined` takes it away. */
type Change = (value: unknown) => unknown;

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(undefined, null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, '', [], {}).map(put),
  },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 2 }).map(put) },
  { weight: 2, arbitrary: anyText.map(put) },
  { weight: 1, arbitrary: fc.constant<Change>((value) => [value]) },
  { weight: 1, arbitrary: fc.constant<Change>((value) => ({ value })) },
  { weight: 1, arbitrary: fc.constant<Change>((value) => String(value)) },
  { weight: 1, arbitrary: fc.integer({ min: 255, max: 5_000 }).map((length) => put('a'.repeat(length))) },
  { weight: 1, arbitrary: fc.integer({ min: 50, max: 2_000 }).map((depth) => put(nested(depth))) },
  {
    weight: 2,
    arbitrary: fc.tuple(anyText, fc.jsonValue({ maxDepth: 1 })).map(([name, more]) => extended(name, more)),
  },
  { weight: 1, arbitrary: anyText.map(renamed) },
);

function put(value: unknown): Change {
  return () => value;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

function extended(name: string, more: unknown): Change {
  return (value) => (isMembers(value) ? { ...value, [name]: more } : value);
}

/** The first member goes by another name. */
function renamed(name: string): Change {
  return (value) => {
    if (!isMembers(value)) return value;
    const [first, ...others] = Object.entries(value);
    return first === undefined ? value : Object.fromEntries([[name, first[1]], ...others]);
  };
}

type Place = readonly string[];

/** The whole, and everything in it. */
function placesIn(value: unknown): readonly Place[] {
  const below = isMembers(value) || Array.isArray(value) ? Object.entries(value) : [];
  return [[], ...below.flatMap(([name, member]) => placesIn(member).map((place) => [name, ...place]))];
}

function replaced(value: unknown, [step, ...steps]: Place, apply: Change): unknown {
  if (step === undefined) return apply(value);
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (String(index) === step ? replaced(item, steps, apply) : item));
  if (!isMembers(value)) return value;
  // What becomes `undefined` is not written.
  return { ...value, [step]: replaced(value[step], steps, apply) };
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
