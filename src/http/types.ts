// The values between http and the adapters of contracts, typed by the generated operations. http knows no tokens and no
// sessions; an adapter does not know Express.
import type { ContractDocument } from './documents.ts';

export type { ContractDocument } from './documents.ts';

/** A request that is valid by its document. Header names are in lower case. */
export interface WireRequest {
  readonly requestId: string;
  readonly address: string | undefined;
  /** The first 200 characters of the header. */
  readonly userAgent: string | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Path parameters, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Query parameters; a repeated one has its first value. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Parsed and validated; lines are an `AsyncIterable<Uint8Array>` of chunks. */
  readonly body: unknown;
  /** The caller's name, if the operation authorizes its callers. */
  readonly actor: string | undefined;
}

/** The response of an operation as a value. */
export interface WireReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>> | undefined;
  readonly body: unknown;
}

/** One way in which a request violates its document. */
export interface Violation {
  /** A member of the body, or `body`. */
  readonly target: string;
  /** In the words of the document; never contains a value of the request. */
  readonly problem: string;
  /** The violated keyword of the schema, such as `required` or `const`. */
  readonly rule?: string | undefined;
}

/** The variable parts of a failure reply. */
export interface FailureContext {
  readonly requestId: string;
  /** Empty unless the reply is for a violation. */
  readonly violations: readonly Violation[];
  /** Seconds. */
  readonly retryAfter: number;
}

/** The failures that http itself finds. */
export type HttpFailure = 'violation' | 'noCredential' | 'throttled' | 'fault';

/** One operation with its handler. */
export interface MountedOperation {
  /**
   * Authorizes the caller, before the body is read.
   * @returns the caller's name; `undefined` for a missing or invalid credential
   */
  readonly authorize?: (credential: string | undefined) => string | undefined;
  /** `failed` counts towards the caller's failure limit: the caller is the reason that nothing was granted. */
  readonly handle: (request: WireRequest) => Promise<{ readonly reply: WireReply; readonly failed: boolean }>;
  readonly failure: (kind: HttpFailure, context: FailureContext) => WireReply;
  /** Returns one reply of every kind, for the check at start. */
  readonly samples: (context: FailureContext) => ReadonlyMap<string, WireReply>;
  /** A successful reply, for the warm-up. */
  readonly sampleSuccess: WireReply;
}

/** A contract to mount at the base path of its document. */
export interface Mount {
  readonly document: ContractDocument;
  readonly operations: ReadonlyMap<string, MountedOperation>;
  /** Origins whose pages may call it; `*` for any, none by default. */
  readonly corsOrigins?: readonly string[];
}

/** A page that belongs to no contract. */
export interface Page {
  /** A path that ends in `/*` is the page that browsers get for unknown paths below it. */
  readonly path: string;
  readonly mediaType: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether each read has an effect, so that HEAD is not allowed. */
  readonly isGetOnly?: boolean;
  /** Returns the content for the given request headers (names in lower case); `undefined` refuses the caller. */
  readonly read: (headers: WireRequest['headers']) => PageContent | Promise<PageContent>;
}

/** The content of a page, with its status where that is not 200. */
export type PageContent =
  string | Uint8Array | { readonly status: number; readonly content: string | Uint8Array } | undefined;

/** The end of a request, for log and metrics. Never holds a token. */
export interface HttpEvent {
  /** `unread`: the body could not be read, and the response is not one of the contract. */
  readonly type: 'answered' | 'unread' | HttpFailure;
  readonly contract: string;
  readonly operationId: string;
  readonly requestId: string;
  /** The `X-Request-Id` of the request, which is only logged. */
  readonly callerRequestId: string | undefined;
  readonly address: string | undefined;
  /** The first 200 characters of the header. */
  readonly userAgent: string | undefined;
  readonly status: number;
  /** Seconds from the first step of the operation to its response, including the body of the request. */
  readonly seconds: number;
  /** The problem, for a violation or a fault. */
  readonly detail?: string | undefined;
}

/** The reply of an operation: a union by documented status, each with its own body and headers. */
export type Reply<Operation> = Operation extends { responses: infer Responses }
  ? { [Status in keyof Responses & number]: ReplyOf<Status, Responses[Status]> }[keyof Responses & number]
  : never;

type ReplyOf<Status, Response> = Response extends { headers: infer Headers; content: infer Content }
  ? keyof OwnHeaders<Headers> extends never
    ? { readonly status: Status; readonly headers?: undefined; readonly body: Content[keyof Content] }
    : { readonly status: Status; readonly headers: OwnHeaders<Headers>; readonly body: Content[keyof Content] }
  : never;

/** The documented headers that an adapter sets: http adds the other two to every reply. */
type OwnHeaders<Headers> = {
  readonly [
    Name in keyof Headers as string extends Name ? never : Name extends 'X-Request-Id' | 'Cache-Control' ? never : Name
  ]: Headers[Name];
};

/** The request of an operation, with the documented types of its parameters and its body. */
export interface RequestOf<Operation> {
  readonly headers: WireRequest['headers'];
  readonly parameters: ParametersOf<Operation, 'path'>;
  readonly query: ParametersOf<Operation, 'query'>;
  readonly body: Operation extends { requestBody: { content: infer Content } } ? BodyOf<Content> : undefined;
}

/** Lines are not parsed. */
type BodyOf<Content> = Content extends { 'application/x-ndjson': unknown }
  ? AsyncIterable<Uint8Array>
  : Content[keyof Content];

/** Without documented parameters, any name is possible. */
type ParametersOf<Operation, Place extends 'path' | 'query'> = Operation extends {
  parameters: { [Where in Place]?: infer Parameters };
}
  ? [NonNullable<Parameters>] extends [never]
    ? Readonly<Record<string, string | undefined>>
    : Readonly<NonNullable<Parameters>>
  : Readonly<Record<string, string | undefined>>;
