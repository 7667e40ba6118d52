// Values made up from a schema: mostly such as fit, and with them anything else that JSON can say.
import fc from 'fast-check';
import { membersOf, type Documented, type Members } from './documented.ts';

/** Texts that stand for what only the server's world knows, such as a living token; filled in before sending. */
export interface Known {
  /** For a member or parameter of this name. */
  readonly of: (name: string) => readonly string[];
}

/** Values of a schema. Whether one fits is not for the generator to say: what it leaves out, ajv sees. */
export function valuesOf(schema: unknown, documented: Documented, known: Known, name = ''): fc.Arbitrary<unknown> {
  const members = documented.resolved(schema);
  const { oneOf, anyOf, type, enum: listed, const: only, ...rest } = members;
  const choices = [oneOf, anyOf].flatMap((list) => Object.values(membersOf(list)));
  if (choices.length > 0) {
    const merged = choices.map((choice) => merge({ ...rest, type }, documented.resolved(choice)));
    return fc.oneof(...merged.map((one) => valuesOf(one, documented, known, name)));
  }
  if (only !== undefined) return fc.constant(only);
  if (listed !== undefined) return fc.constantFrom(...Object.values(membersOf(listed)));
  const types = typeof type === 'string' ? [type] : Object.values(membersOf(type)).map(String);
  if (types.length > 1)
    return fc.oneof(...types.map((one) => valuesOf({ ...rest, type: one }, documented, known, name)));
  switch (types[0] ?? 'any') {
    case 'object':
      return objectsOf(members, documented, known);
    case 'array':
      return fc.array(valuesOf(members['items'], documented, known), { maxLength: 3 });
    case 'string':
      return textsOf(members, known.of(name));
    case 'integer':
    case 'number':
      return fc.integer({ min: numberIn(members, 'minimum') ?? -9, max: numberIn(members, 'maximum') ?? 2 ** 31 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** Text of any kind, for names and headers as well: of one script or of all, short and long. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', minLength: 200, maxLength: 300 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\u{feff}',
    '\u{1f600}',
    '../..',
    '%00',
    '<script>',
    "' OR 1=1 --",
    '__proto__',
    'null',
  ),
);

function merge(base: Members, choice: Members): Members {
  const properties = { ...membersOf(base['properties']), ...membersOf(choice['properties']) };
  // `true` says nothing about a member that the base describes.
  for (const [name, said] of Object.entries(membersOf(base['properties'])))
    if (properties[name] === true) properties[name] = said;
  return { type: 'object', ...base, ...choice, properties };
}

function objectsOf({ required, properties, additionalProperties }: Members, documented: Documented, known: Known) {
  const needed = Object.values(membersOf(required)).map(String);
  const model = Object.entries(membersOf(properties)).map(([name, schema]): [string, fc.Arbitrary<unknown>] => [
    name,
    valuesOf(schema, documented, known, name),
  ]);
  const own = fc.record(Object.fromEntries(model), { requiredKeys: needed });
  // Requests are open: whoever sends more is understood all the same.
  const more =
    additionalProperties === false
      ? fc.constant({})
      : fc.oneof(
          { weight: 4, arbitrary: fc.constant({}) },
          { weight: 1, arbitrary: fc.dictionary(anyText, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }) },
        );
  return fc.tuple(more, own).map(([others, members]): unknown => ({ ...others, ...members }));
}

function textsOf(members: Members, known: readonly string[]): fc.Arbitrary<string> {
  const { pattern } = members;
  const least = numberIn(members, 'minLength') ?? 0;
  const most = Math.min(numberIn(members, 'maxLength') ?? 40, 300);
  const free =
    typeof pattern === 'string'
      ? fc.stringMatching(new RegExp(pattern))
      : fc.oneof(
          { weight: 3, arbitrary: fc.string({ minLength: least, maxLength: Math.min(most, 40) }) },
          { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: least, maxLength: most, size: 'max' }) },
        );
  if (known.length === 0) return free;
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: free });
}

function numberIn(members: Members, name: string): number | undefined {
  const value = members[name];
  return typeof value === 'number' ? value : undefined;
}
