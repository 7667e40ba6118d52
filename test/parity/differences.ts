// The differences between a response and its document: status, headers, media type, and the constant parts of the body.
import { undocumented, withoutSlots } from '../shared/documented.ts';
import { json, type WireAnswer } from '../shared/wire.ts';
import { causeOf, type ParityCase } from './cases.ts';

/** Returns one phrase for each difference. */
export function differencesFrom(wanted: ParityCase, answer: WireAnswer): string[] {
  const { operation, status } = wanted;
  if (answer.status !== status) {
    return [`the status is ${String(answer.status)} instead of ${String(status)}, with ${told(answer)}`];
  }
  const response = operation.responses.get(status);
  const unlike = undocumented(operation, answer);
  const missing = [...(response?.headers.keys() ?? [])].filter((name) => !(name.toLowerCase() in answer.headers));
  const retryAfter = answer.headers['retry-after'];
  const found = [
    ...unlike,
    // Documented but not required: all others have it.
    ...missing.filter((name) => response?.headers.get(name)?.required === false).map((name) => `no header ${name}`),
    ...(retryAfter !== undefined && !/^[1-9]\d*$/.test(retryAfter) ? [`the header retry-after is ${retryAfter}`] : []),
    // An invalid body is reported already, and may not be JSON.
    ...(unlike.length === 0 ? differencesOfBody(wanted, answer) : []),
  ];
  return [...new Set(found)];
}

function differencesOfBody(wanted: ParityCase, answer: WireAnswer): string[] {
  const { operation, status, example, body } = wanted;
  if (example === undefined) return [];
  const isJson = operation.responses.get(status)?.mediaType === 'application/json';
  const received = isJson ? json(answer) : answer.body;
  // New tokens differ between responses, but not their members.
  const comparable = causeOf(wanted) === 'granted' ? shapeOf : withoutSlots;
  const [is, shouldBe] = [received, body].map((one) => JSON.stringify(sorted(comparable(one))));
  return is === shouldBe ? [] : [masked(`the body is ${String(is)} instead of ${String(shouldBe)}`)];
}

/** A response in a message. */
function told({ headers, body }: WireAnswer): string {
  const violations = headers['sl-violations'];
  const text = masked(body).slice(0, 200);
  return violations === undefined ? text : `${text} (${violations})`;
}

/** Without tokens, which must not be in a report. */
function masked(text: string): string {
  return text.replaceAll(/[\w-]{8,}\.[\w-]{8,}\.[\w-]+/g, '(token)');
}

/** The members of a value with their types instead of their values. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  if (Array.isArray(value)) return value.map(shapeOf);
  return Object.fromEntries(Object.entries(value).map(([name, member]: [string, unknown]) => [name, shapeOf(member)]));
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const members = Object.entries(value).map(([name, member]: [string, unknown]) => [name, sorted(member)] as const);
  return Object.fromEntries(members.sort(([one], [other]) => one.localeCompare(other)));
}
