// Classifies what the steps of a request throw.
import { error as validator } from 'express-openapi-validator';
import { InvalidBody } from './body.ts';
import { AbortedBody, StalledBody, UnsupportedBody } from './streamed-body.ts';
import type { Violation } from './types.ts';

type ValidationError = InstanceType<typeof validator.BadRequest>['errors'][number];

export type ErrorClass =
  | { readonly kind: 'violation'; readonly violations: readonly Violation[] }
  | { readonly kind: 'noCredential' }
  /** The response is not one of the contract; a proxy sends the same. */
  | {
      readonly kind: 'operational';
      readonly status: 408 | 413 | 415;
      readonly text: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The client is gone; there is no response. */
  | { readonly kind: 'aborted' }
  | { readonly kind: 'fault'; readonly detail: string };

/** Classifies an error of the body parser, the validator or a handler. */
export function classifyError(thrown: unknown): ErrorClass {
  if (thrown instanceof validator.Unauthorized) return { kind: 'noCredential' };
  if (thrown instanceof validator.BadRequest) return { kind: 'violation', violations: thrown.errors.map(violationOf) };
  if (thrown instanceof validator.UnsupportedMediaType) {
    return bodyViolation('has another media type than the document says');
  }
  if (thrown instanceof InvalidBody) return { kind: 'violation', violations: thrown.violations };
  if (thrown instanceof AbortedBody) return { kind: 'aborted' };
  if (thrown instanceof UnsupportedBody) return unsupported;
  if (thrown instanceof StalledBody) {
    // Node closes the connection after a timeout too.
    return { kind: 'operational', status: 408, text: 'Request Timeout', headers: { Connection: 'close' } };
  }
  return classifyParserError(thrown) ?? { kind: 'fault', detail: describeFault(thrown) };
}

const unsupported: ErrorClass = { kind: 'operational', status: 415, text: 'Unsupported Media Type' };

function bodyViolation(problem: string): ErrorClass {
  return { kind: 'violation', violations: [{ target: 'body', problem }] };
}

/** Errors of the body parser have a `type` (github.com/expressjs/body-parser, "Errors"); those of zlib have a status. */
function classifyParserError(thrown: unknown): ErrorClass | undefined {
  if (!(thrown instanceof Error) || !('status' in thrown)) return undefined;
  const type = 'type' in thrown ? thrown.type : undefined;
  if (type === 'entity.too.large') return { kind: 'operational', status: 413, text: 'Content Too Large' };
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') return unsupported;
  if (type === 'request.aborted') return { kind: 'aborted' };
  if (thrown.status === 400) return bodyViolation('cannot be read');
  return undefined;
}

function violationOf({ path, message, errorCode }: ValidationError): Violation {
  const [part, ...members] = path.split('/').filter((step) => step !== '');
  const hasMembers = (part === 'body' || part === 'query' || part === 'params') && members.length > 0;
  // The validator's error codes have the form `const.openapi.validation`.
  return {
    target: hasMembers ? members.join('.') : (part ?? 'body'),
    problem: message,
    rule: errorCode?.split('.')[0],
  };
}

/** Names the places of an invalid response, but never a value of a request or a response. */
function describeFault(thrown: unknown): string {
  if (thrown instanceof validator.InternalServerError) {
    const places = thrown.errors.map(({ path, message }) => `${path} ${message}`);
    return `the response violates the document: ${places.join('; ')}`;
  }
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : 'a value other than an Error was thrown';
}
