// What an error on the way of a request means: the request does not fit, it has no credential, it cannot be read at
// all, or the program is wrong.
import { error as validator } from 'express-openapi-validator';
import { RepeatedParameter } from './form.ts';
import { MissingBody } from './reading.ts';
import { BrokenBody, StalledBody, UnsupportedBody } from './streamed-body.ts';
import type { Violation } from './types.ts';

type ValidationError = InstanceType<typeof validator.BadRequest>['errors'][number];

export type Classified =
  | { readonly kind: 'violation'; readonly violations: readonly Violation[] }
  | { readonly kind: 'noCredential' }
  /** Answered outside of the contract, like a proxy would. */
  | {
      readonly kind: 'operational';
      readonly status: 408 | 413 | 415;
      readonly text: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Nobody is left to answer. */
  | { readonly kind: 'aborted' }
  | { readonly kind: 'fault'; readonly detail: string };

/** Classifies what the body parser, the validator or a handler threw. */
export function classify(thrown: unknown): Classified {
  if (thrown instanceof validator.Unauthorized) return { kind: 'noCredential' };
  if (thrown instanceof validator.BadRequest) return { kind: 'violation', violations: thrown.errors.map(violationOf) };
  if (thrown instanceof validator.UnsupportedMediaType) {
    return {
      kind: 'violation',
      violations: [{ target: 'body', problem: 'has another media type than the document says' }],
    };
  }
  if (thrown instanceof RepeatedParameter || thrown instanceof MissingBody)
    return { kind: 'violation', violations: thrown.violations };
  if (thrown instanceof BrokenBody) return { kind: 'aborted' };
  if (thrown instanceof UnsupportedBody) return unsupported;
  if (thrown instanceof StalledBody) {
    // As Node answers a request that takes too long: nothing more is read from this connection.
    return { kind: 'operational', status: 408, text: 'Request Timeout', headers: { Connection: 'close' } };
  }
  return classifyParserError(thrown) ?? { kind: 'fault', detail: describeFault(thrown) };
}

const unsupported: Classified = { kind: 'operational', status: 415, text: 'Unsupported Media Type' };

/** The body parser's errors carry a `type` (github.com/expressjs/body-parser, "Errors"), or a status of zlib's failure. */
function classifyParserError(thrown: unknown): Classified | undefined {
  if (!(thrown instanceof Error) || !('status' in thrown)) return undefined;
  const type = 'type' in thrown ? thrown.type : undefined;
  if (type === 'entity.too.large') return { kind: 'operational', status: 413, text: 'Content Too Large' };
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') return unsupported;
  if (type === 'request.aborted') return { kind: 'aborted' };
  if (thrown.status === 400) return { kind: 'violation', violations: [{ target: 'body', problem: 'cannot be read' }] };
  return undefined;
}

function violationOf({ path, message, errorCode }: ValidationError): Violation {
  const [place, ...members] = path.split('/').filter((part) => part !== '');
  const target =
    (place === 'body' || place === 'query' || place === 'params') && members.length > 0
      ? members.join('.')
      : (place ?? 'body');
  // The validator writes `const.openapi.validation`.
  return { target, problem: message, rule: errorCode?.split('.')[0] };
}

/** Name and, for a reply that broke its document, the places; never a value of the reply or the request. */
function describeFault(thrown: unknown): string {
  if (thrown instanceof validator.InternalServerError) {
    return `the reply breaks the document: ${thrown.errors.map(({ path, message }) => `${path} ${message}`).join('; ')}`;
  }
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : 'something other than an error was thrown';
}
