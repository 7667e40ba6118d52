// The first handlers of the mock: open CORS, and 404 for a caller that prefers an undocumented response.
import cors from 'cors';
import type { RequestHandler } from 'express';
import type { ContractDocument, DocumentedOperation } from '../../src/http/documents.ts';
import { fullPath } from '../../src/http/example-call.ts';
import { sendText } from '../../src/http/send.ts';

/** Returns the handlers that each request of the mock passes first. */
export function frontOf(documents: readonly ContractDocument[]): RequestHandler[] {
  const routes = documents.flatMap((document) =>
    document.operations.map((operation) => ({ operation, pattern: patternOf(document, operation) })),
  );
  const refuseUndocumented: RequestHandler = (request, response, next) => {
    const call = `${request.method.toLowerCase()} ${request.path}`;
    const operation = routes.find(({ pattern }) => pattern.test(call))?.operation;
    const mistake = operation && mistakeIn(preferenceOf(request.get('prefer')), operation);
    if (mistake === undefined) next();
    else sendText(response, 404, mistake);
  };
  return [cors({ exposedHeaders: ['X-Request-Id', 'Retry-After'] }), refuseUndocumented];
}

/** Returns a pattern of method and path, which matches any parameters of the template. */
function patternOf(document: ContractDocument, { method, path }: DocumentedOperation): RegExp {
  const steps = fullPath(document, path).split(/\{\w+\}/);
  return new RegExp(`^${method} ${steps.map((step) => step.replaceAll(/[^\w/]/g, String.raw`\$&`)).join('[^/]+')}$`);
}

/** The response that a request prefers (RFC 7240, with Prism's names). */
export interface Preference {
  /** The text as written where it is not a status. */
  readonly code: number | string | undefined;
  readonly example: string | undefined;
  /** Whether values are generated from the schema. */
  readonly dynamic?: boolean;
}

export function preferenceOf(header: string | undefined): Preference {
  const valueOf = (name: string): string | undefined =>
    new RegExp(`(?:^|[,;\\s])${name}="?([^",;\\s]*)`, 'i').exec(header ?? '')?.[1];
  const [code, dynamic] = [valueOf('code'), valueOf('dynamic')];
  return {
    code: code === undefined ? undefined : /^\d{3}$/.test(code) ? Number(code) : code,
    example: valueOf('example'),
    ...(dynamic !== undefined && { dynamic: dynamic === 'true' }),
  };
}

/** Prism has its own format for an unknown response, and uses any status where only a name is given. */
function mistakeIn({ code, example }: Preference, { operationId, responses }: DocumentedOperation): string | undefined {
  if (code !== undefined && !(typeof code === 'number' && responses.has(code))) {
    return `${operationId} documents no ${String(code)}; it has ${[...responses.keys()].join(', ')}.`;
  }
  if (example === undefined) return undefined;
  const named = [...responses.values()].filter(({ status }) => code === undefined || status === code);
  const names = named.flatMap(({ examples }) => [...examples.keys()]);
  return names.includes(example) ? undefined : `${operationId} has no example ${example}; it has ${names.join(', ')}.`;
}

/** Returns the status with an example of this name. */
export function statusOfExample(name: string, { responses }: DocumentedOperation): number | undefined {
  return [...responses.values()].find(({ examples }) => examples.has(name))?.status;
}
