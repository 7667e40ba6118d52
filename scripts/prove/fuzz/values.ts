// Values generated from a schema: mostly valid ones, and JSON with one mistake.
import fc from 'fast-check';
import { membersOf, type Members } from './documents.ts';

/** Placeholders for a member or parameter of this name whose values only the server knows, such as tokens. */
export type Known = (name: string) => readonly string[];

/** Generates values of a schema. ajv decides whether one is valid: the generator ignores some keywords. */
export function valuesOf(given: unknown, known: Known, name = ''): fc.Arbitrary<unknown> {
  const schema = membersOf(given);
  const { oneOf, anyOf, type, enum: listed, const: only, ...rest } = schema;
  const choices = [oneOf, anyOf].flatMap((list) => Object.values(membersOf(list)));
  if (choices.length > 0) {
    return fc.oneof(...choices.map((choice) => valuesOf(merged({ ...rest, type }, membersOf(choice)), known, name)));
  }
  if (only !== undefined) return fc.constant(only);
  if (listed !== undefined) return fc.constantFrom(...Object.values(membersOf(listed)));
  const types = typeof type === 'string' ? [type] : Object.values(membersOf(type)).map(String);
  if (types.length > 1) return fc.oneof(...types.map((one) => valuesOf({ ...rest, type: one }, known, name)));
  switch (types[0] ?? 'any') {
    case 'object':
      return objectsOf(schema, known);
    case 'array':
      return fc.array(valuesOf(schema['items'], known), { maxLength: 3 });
    case 'string':
      return textsOf(schema, known(name));
    case 'integer':
    case 'number':
      return fc.integer({ min: numberIn(schema, 'minimum') ?? -9, max: numberIn(schema, 'maximum') ?? 2 ** 31 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

const strangeTexts = ['', ' ', '\0', '\u{1f600}', '../..', '%00', '<script>', "' OR 1=1 --", '__proto__', 'null'];

/** ASCII or any Unicode text, short and long. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', minLength: 200, maxLength: 300 }),
  fc.constantFrom(...strangeTexts),
);

function merged(base: Members, choice: Members): Members {
  const own = membersOf(base['properties']);
  // `true` adds nothing to a member that the base describes.
  const others = Object.entries(membersOf(choice['properties'])).filter(
    ([name, one]) => one !== true || !(name in own),
  );
  return { type: 'object', ...base, ...choice, properties: { ...own, ...Object.fromEntries(others) } };
}

function objectsOf({ required, properties, additionalProperties }: Members, known: Known): fc.Arbitrary<unknown> {
  const model = Object.entries(membersOf(properties)).map(([name, schema]) => [name, valuesOf(schema, known, name)]);
  // One arbitrary for each member.
  const arbitraries = Object.fromEntries(model) as Record<string, fc.Arbitrary<unknown>>;
  const own = fc.record(arbitraries, { requiredKeys: Object.values(membersOf(required)).map(String) });
  if (additionalProperties === false) return own;
  const more = fc.dictionary(anyText, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 });
  const seldom = fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: more });
  return fc.tuple(seldom, own).map(([others, members]) => ({ ...others, ...members }));
}

function textsOf(schema: Members, known: readonly string[]): fc.Arbitrary<string> {
  const { pattern } = schema;
  const minLength = numberIn(schema, 'minLength') ?? 0;
  const maxLength = Math.min(numberIn(schema, 'maxLength') ?? 40, 300);
  const free =
    typeof pattern === 'string'
      ? fc.stringMatching(new RegExp(pattern))
      : fc.oneof(
          { weight: 3, arbitrary: fc.string({ minLength, maxLength: Math.min(maxLength, 40) }) },
          { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength, maxLength, size: 'max' }) },
        );
  if (known.length === 0) return free;
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: free });
}

function numberIn(schema: Members, name: string): number | undefined {
  const value = schema[name];
  return typeof value === 'number' ? value : undefined;
}

const wrongValues = [undefined, null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, '', [], {}, nested(50), nested(2_000)];

/** Replaces one member or the whole by a wrong value; a member that becomes `undefined` is left out. */
export function mutated(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const wrong = fc.oneof(
    fc.constantFrom<unknown[]>(...wrongValues),
    fc.jsonValue({ maxDepth: 2 }),
    anyText,
    fc.integer({ min: 255, max: 5_000 }).map((length) => 'a'.repeat(length)),
  );
  return fc.tuple(values, fc.nat(1_000), wrong).map(([value, where, other]) => {
    const names = Object.keys(membersOf(value));
    const name = names[where % (names.length + 1)];
    return name === undefined ? other : { ...membersOf(value), [name]: other };
  });
}

function nested(depth: number): unknown {
  return JSON.parse('['.repeat(depth) + '1' + ']'.repeat(depth));
}
