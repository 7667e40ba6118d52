// Which responses a request may get, by the documents and the design's table of outcomes.
import { misfit } from '../../../test/openapi/schema.ts';
import { undocumented, withoutCors } from '../../../test/shared/documented.ts';
import type { WireAnswer } from '../../../test/shared/wire.ts';
import { at, membersOf, type Documented, type Operation } from './documents.ts';
import type { Trial } from './requests.ts';

/** A server or a mock, and its state. */
export interface Target {
  readonly origin: string;
  readonly documents: readonly Documented[];
  /** A mock has no sessions: it grants every token, and responds as a request prefers. */
  readonly isMock: boolean;
  /** Whether a mock generates responses from the schemas. */
  readonly isDynamic: boolean;
  /** Whether another process has locked the database. */
  readonly isHeld: boolean;
  readonly isActive: (contract: string, credential: string) => boolean;
  readonly isAdminToken: (token: string) => boolean;
}

export interface Verdict {
  /** One sentence for each mistake. */
  readonly wrong: readonly string[];
  /** The operation, where its document describes the response. */
  readonly operation?: Operation;
  readonly isGranted?: boolean;
}

export function judge(target: Target, trial: Trial, response: WireAnswer): Verdict {
  const { documents, isMock } = target;
  // Any page may call a mock.
  const received = isMock ? withoutCors(response) : response;
  const [path = '', query = ''] = trial.path.split(/\?(.*)/s);
  const aside = (statuses: readonly number[], allow?: readonly string[]): Verdict => ({
    wrong: statuses.includes(received.status)
      ? wrongAside(received, trial.method === 'HEAD', allow)
      : [`it got the response ${describe(received)}, not ${statuses.join(' or ')}`],
  });
  if (isMock && trial.method === 'OPTIONS') return { wrong: received.status === 204 ? [] : ['OPTIONS is not 204'] };
  const found = operationsAt(documents, path);
  if (found.length === 0) return aside(path.includes('%') ? [400, 404] : [404]);
  const operation = found.find(({ method }) => method === trial.method);
  const methods = found.map(({ method }) => method);
  if (operation === undefined) return aside([405], methods);
  const wish = /code=(\d+)/.exec(trial.headers['prefer'] ?? '')?.[1];
  if (isMock && wish !== undefined && !operation.responses.has(Number(wish))) {
    const isRight = received.status === 404 && / documents no \d+; it has [\d, ]+\.\n$/.test(received.body);
    return { wrong: isRight ? [] : [`an undocumented preference got the response ${describe(received)}`] };
  }
  if (!operation.responses.has(received.status))
    return { wrong: [`it got the response ${describe(received)}, which is not documented`] };
  const misfits = misfitsOf(trial, operation, path, query);
  const due = dueTo(target, operation, trial, misfits, wish);
  const meant = meaningOf(operation, received);
  const isDue = due.includes(meant) || (due.includes('any code') && meant.startsWith('code '));
  const because = misfits.length > 0 ? ` to a request where ${misfits.join(' and ')}` : '';
  return {
    operation,
    isGranted: outcomes[operation.contract]?.granted.includes(meant) === true,
    wrong: [
      ...undocumented(operation, received),
      ...(isDue ? [] : [`it got the response ${describe(received)}${because}, not ${due.join(' or ')}`]),
    ],
  };
}

/** Every method of the most literal template that matches the path. */
function operationsAt(documents: readonly Documented[], path: string): readonly Operation[] {
  const segments = path.split('/');
  const fits = ({ template }: Operation): boolean => {
    const steps = template.split('/');
    return (
      steps.length === segments.length &&
      steps.every((step, index) => (step.startsWith('{') ? segments[index] !== '' : step === segments[index]))
    );
  };
  const fitting = documents.flatMap(({ operations }) => operations).filter(fits);
  const variables = ({ template }: Operation): number => template.split('{').length;
  const fewest = Math.min(...fitting.map(variables));
  return fitting.filter((operation) => variables(operation) === fewest);
}

/** Returns what is invalid in a request to the operation. */
function misfitsOf(trial: Trial, { template, parameters, body }: Operation, path: string, query: string) {
  const names = template.split('/').map((segment) => /^\{(\w+)\}$/.exec(segment)?.[1]);
  const sent = new URLSearchParams(query);
  const inParameters = parameters.flatMap(({ place, name, schema }) => {
    const segment = path.split('/')[names.indexOf(name)] ?? '';
    const values = place === 'path' ? [decodeURIComponent(segment)] : sent.getAll(name);
    if (values.length > 1) return [`${name} is repeated`];
    return values.flatMap((value) => misfit(schema, value) ?? []).map((wrong) => `${name}: ${wrong}`);
  });
  if (body === undefined) return inParameters;
  const mediaType = trial.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== body.mediaType) return [...inParameters, `the media type is ${mediaType ?? 'missing'}`];
  if (trial.body === undefined) return [...inParameters, 'there is no body'];
  if (mediaType.endsWith('ndjson')) return inParameters;
  const read = bodyIn(trial, body.schema);
  if (typeof read === 'string') return [...inParameters, read];
  return [...inParameters, ...[misfit(body.schema, read.value) ?? []].flat()];
}

/** The parsed body, or why it cannot be parsed. */
function bodyIn({ headers, body = '' }: Trial, schema: unknown): string | { readonly value: unknown } {
  if (/^[^;]*json/i.test(headers['content-type'] ?? '')) return jsonIn(body) ?? 'the body cannot be read';
  // RFC 6749 §3.2: a parameter without a value is omitted, and none is repeated.
  const pairs = [...new URLSearchParams(body)];
  const known = Object.keys(membersOf(at(schema, 'properties')));
  const isRepeated = known.some((name) => pairs.filter(([one]) => one === name).length > 1);
  return isRepeated ? 'a member is repeated' : { value: Object.fromEntries(pairs.filter(([, value]) => value !== '')) };
}

function jsonIn(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** The status; of an envelope with one status for everything, its code. */
function meaningOf({ contract }: Operation, { status, body }: WireAnswer): string {
  if (contract !== 'cloudreve' || status !== 200) return String(status);
  return `code ${String(at(jsonIn(body)?.value, 'code'))}`;
}

interface Outcomes {
  readonly granted: readonly string[];
  readonly violation: readonly string[];
  readonly noCredential: readonly string[];
  readonly refused: readonly string[];
}

/** The design's table; of the operators' contract each outcome without a mistake of the caller counts as granted. */
const outcomes: Readonly<Record<string, Outcomes>> = {
  fib: { granted: ['200'], violation: ['400'], noCredential: ['401'], refused: ['401', '404', '422'] },
  orillion: { granted: ['200'], violation: ['400'], noCredential: ['401'], refused: ['401', '404', '422'] },
  xerial: { granted: ['200'], violation: ['401'], noCredential: ['401'], refused: ['401'] },
  kirjaswappi: { granted: ['200'], violation: ['400'], noCredential: ['400'], refused: ['401', '404'] },
  cloudreve: { granted: ['code 0'], violation: ['code 40001'], noCredential: ['code 40001'], refused: ['code 40020'] },
  admin: { granted: ['200', '201'], violation: ['400'], noCredential: ['401'], refused: ['400', '404', '409'] },
};
const noOutcomes: Outcomes = { granted: [], violation: [], noCredential: [], refused: [] };

function dueTo(
  { isMock, isDynamic, isHeld, isActive, isAdminToken }: Target,
  operation: Operation,
  trial: Trial,
  misfits: readonly string[],
  wish: string | undefined,
): readonly string[] {
  const { granted, violation, noCredential, refused } = outcomes[operation.contract] ?? noOutcomes;
  const isAdmin = operation.credential === 'bearer';
  const header = trial.headers['authorization']?.trim();
  const token = isAdmin ? /^bearer +(\S+)$/i.exec(header ?? '')?.[1] : header;
  if (isAdmin && (token === undefined || !(isMock || isAdminToken(token)))) return noCredential;
  const isMissing = operation.credential !== undefined && header === undefined;
  if (misfits.length > 0) return [...violation, ...(isMissing ? noCredential : [])];
  if (isMissing) return noCredential;
  if (isMock) {
    // A generated 200 may be a failure where an envelope has one status for all outcomes.
    const wished = wish === undefined || Number(wish) < 300 ? [...granted, ...(isDynamic ? ['any code'] : [])] : [wish];
    // The mock, too, refuses a text that cannot be a token.
    const canBeToken = token !== undefined && /^[\w~+/.=-]+$/.test(token);
    return [...wished, ...(canBeToken ? [] : noCredential)];
  }
  const held = isHeld ? ['503'] : [];
  if (isAdmin) return [...granted, ...refused, ...held];
  const inBody = operation.body?.credential;
  const credential = inBody === undefined ? (header ?? '') : String(at(jsonIn(trial.body ?? '')?.value, inBody));
  return [...(isActive(operation.contract, credential) ? granted : refused), ...held];
}

/** Responses outside of every contract are one line of plain text. */
const texts: Readonly<Record<number, string>> = { 400: 'Bad Request', 404: 'Not Found', 405: 'Method Not Allowed' };
const headersAside = ['allow', 'connection', 'content-length', 'content-type', 'date', 'keep-alive'];

function wrongAside({ status, headers, body }: WireAnswer, isHead: boolean, allow?: readonly string[]) {
  const others = Object.keys(headers).filter((name) => !headersAside.includes(name));
  const mediaType = headers['content-type'] ?? 'of no media type';
  const isRight = body === (isHead ? '' : `${String(texts[status])}\n`);
  // RFC 9110 §15.5.6: the methods of the path.
  const allowed = headers['allow']
    ?.split(/\s*,\s*/)
    .sort()
    .join();
  const wanted = allow?.toSorted().join();
  const mistake = allowed === undefined ? 'has no Allow' : `allows ${allowed}, and the document has ${String(wanted)}`;
  return [
    ...others.map((name) => `a ${status} has the header ${name}`),
    ...(mediaType === 'text/plain; charset=utf-8' ? [] : [`a ${status} is ${mediaType}`]),
    ...(isRight ? [] : [`a ${status} has the body ${JSON.stringify(body.slice(0, 80))}`]),
    ...(allowed === wanted ? [] : [`a ${status} ${mistake}`]),
  ];
}

/** Describes a response for a report, without its tokens: they are secrets. */
function describe({ status, body }: WireAnswer): string {
  return `${status} ${JSON.stringify(body.replaceAll(/eyJ[\w.-]+/g, 'a token').slice(0, 120))}`;
}
