// What the mock has before everything else: open CORS, and a 404 for a caller that prefers an undocumented response.
import cors from 'cors';
import type { RequestHandler } from 'express';
import type { ContractDocument, DocumentedOperation } from '../../src/http/documents.ts';
import { fullPath } from '../../src/http/example-call.ts';
import { sendText } from '../../src/http/send.ts';

/** The steps that every request of the mock takes first. */
export function frontOf(documents: readonly ContractDocument[]): RequestHandler[] {
  const routes = documents.flatMap((document) =>
    document.operations.map((operation) => ({ operation, pattern: patternOf(document, operation) })),
  );
  const refuseUndocumented: RequestHandler = (request, response, next) => {
    const asked = `${request.method.toLowerCase()} ${request.path}`;
    const operation = routes.find(({ pattern }) => pattern.test(asked))?.operation;
    const complaint = operation && complaintAbout(preferenceOf(request.get('prefer')), operation);
    if (complaint === undefined) next();
    else sendText(response, 404, complaint);
  };
  return [cors({ exposedHeaders: ['X-Request-Id', 'Retry-After'] }), refuseUndocumented];
}

/** Method and path, with anything where the template has a parameter. */
function patternOf(document: ContractDocument, { method, path }: DocumentedOperation): RegExp {
  const steps = fullPath(document, path).split(/\{\w+\}/);
  return new RegExp(`^${method} ${steps.map((step) => step.replaceAll(/[^\w/]/g, String.raw`\$&`)).join('[^/]+')}$`);
}

/** The response that a request prefers (RFC 7240, with Prism's names). */
export interface Preference {
  /** As it was written where it is no status. */
  readonly code: number | string | undefined;
  readonly example: string | undefined;
  /** Whether values are made up from the schema. */
  readonly dynamic?: boolean;
}

export function preferenceOf(header: string | undefined): Preference {
  const wish = (name: string): string | undefined =>
    new RegExp(`(?:^|[,;\\s])${name}="?([^",;\\s]*)`, 'i').exec(header ?? '')?.[1];
  const [code, dynamic] = [wish('code'), wish('dynamic')];
  return {
    code: code === undefined ? undefined : /^\d{3}$/.test(code) ? Number(code) : code,
    example: wish('example'),
    ...(dynamic !== undefined && { dynamic: dynamic === 'true' }),
  };
}

/** Prism answers in a format of its own where it has no such answer, and with any status where only a name is given. */
function complaintAbout(
  { code, example }: Preference,
  { operationId, responses }: DocumentedOperation,
): string | undefined {
  if (code !== undefined && !(typeof code === 'number' && responses.has(code))) {
    return `${operationId} documents no ${String(code)}; it has ${[...responses.keys()].join(', ')}.`;
  }
  if (example === undefined) return undefined;
  const named = [...responses.values()].filter(({ status }) => code === undefined || status === code);
  const names = named.flatMap(({ examples }) => [...examples.keys()]);
  return names.includes(example) ? undefined : `${operationId} has no example ${example}; it has ${names.join(', ')}.`;
}

/** The status that has an example of this name, where a request prefers one by its name alone. */
export function statusOfExample(name: string, { responses }: DocumentedOperation): number | undefined {
  return [...responses.values()].find(({ examples }) => examples.has(name))?.status;
}
