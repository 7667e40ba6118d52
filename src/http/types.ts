// What passes between http and whoever answers an operation: plain values, typed by the generated operations.
// http knows nothing of tokens or sessions; an adapter knows nothing of Express.
import type { ContractDocument } from './documents.ts';

export type { ContractDocument } from './documents.ts';

/** A request that fits its operation's document. Header names are in lower case. */
export interface WireRequest {
  readonly requestId: string;
  readonly address: string | undefined;
  /** Its first 200 characters. */
  readonly userAgent: string | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Of the path, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Of the query; one that came several times has its first value. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Parsed and held against the document; lines come as they arrive, as an `AsyncIterable<Uint8Array>`. */
  readonly body: unknown;
  /** Who asks, where the operation authorizes its callers. */
  readonly actor: string | undefined;
}

/** A reply as a value; only http/send.ts turns one into bytes. */
export interface WireReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>> | undefined;
  readonly body: unknown;
}

/** Where and how a request does not fit its operation's document. */
export interface Violation {
  /** The member of the body, or `body` for the body as a whole. */
  readonly target: string;
  /** Made of the document's words alone; never of what was sent. */
  readonly problem: string;
  /** The keyword of the document's schema that it breaks, such as `required` or `const`, if it is one that does. */
  readonly rule?: string | undefined;
}

/** What the two slots of a failure reply, and `Retry-After`, are filled from. */
export interface FailureContext {
  readonly requestId: string;
  /** None unless the reply is the one for a violation. */
  readonly violations: readonly Violation[];
  /** Seconds. */
  readonly retryAfter: number;
}

/** The replies that http itself may need of an operation. */
export type HttpFailure = 'violation' | 'noCredential' | 'throttled' | 'fault';

/** One operation, ready to be mounted. */
export interface MountedOperation {
  /**
   * Whoever may use the operation at all; asked before anything of the request is read.
   * @returns the caller's name, or `undefined` for a credential that is missing or not valid
   */
  readonly authorize?: (credential: string | undefined) => string | undefined;
  /** `failed` where the caller is the reason that nothing was granted, which counts towards its limit. */
  readonly handle: (request: WireRequest) => Promise<{ readonly reply: WireReply; readonly failed: boolean }>;
  readonly failure: (kind: HttpFailure, context: FailureContext) => WireReply;
  /** One of every reply there is, for the check at boot. */
  readonly samples: (context: FailureContext) => ReadonlyMap<string, WireReply>;
  /** The sample of a success, by which the validator is warmed up. */
  readonly sampleSuccess: WireReply;
}

/** A contract, ready to be mounted at the base path of its document. */
export interface Mount {
  readonly document: ContractDocument;
  readonly operations: ReadonlyMap<string, MountedOperation>;
  /** Origins whose pages may call it from a browser; `*` for any, none where left out. */
  readonly corsOrigins?: readonly string[];
}

/** Something of ours to GET, outside of every contract. */
export interface Page {
  /** A path that ends in `/*` is the page that browsers get for unknown paths below it. */
  readonly path: string;
  readonly mediaType: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether every answer begins something, so that HEAD, which would throw it away, is not allowed. */
  readonly isGetOnly?: boolean;
  /** What is answered to the given request headers (lower case); `undefined` where the page is not for this caller. */
  readonly read: (headers: WireRequest['headers']) => PageAnswer | Promise<PageAnswer>;
}

/** The content of a page, with its status where that is not 200. */
export type PageAnswer =
  string | Uint8Array | { readonly status: number; readonly content: string | Uint8Array } | undefined;

/** What http tells whoever observes. Never holds a token. */
export interface HttpEvent {
  /** `unread`: answered outside of the contract, for the body could not be read. */
  readonly type: 'answered' | 'unread' | HttpFailure;
  readonly contract: string;
  readonly operationId: string;
  readonly requestId: string;
  /** The `X-Request-Id` that came in, if any; it is only ever logged. */
  readonly callerRequestId: string | undefined;
  readonly address: string | undefined;
  /** Its first 200 characters. */
  readonly userAgent: string | undefined;
  readonly status: number;
  /** From the first step of the operation to its answer, in seconds; reading the body is part of it. */
  readonly seconds: number;
  /** For a violation or a fault: what was wrong. */
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

/** The documented headers that are the adapter's to give: http adds the other two to every reply. */
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

/** Lines are handed on as they arrive, whatever they are. */
type BodyOf<Content> = Content extends { 'application/x-ndjson': unknown }
  ? AsyncIterable<Uint8Array>
  : Content[keyof Content];

/** A place without documented parameters has those of any name: nobody looks at them. */
type ParametersOf<Operation, Place extends 'path' | 'query'> = Operation extends {
  parameters: { [Where in Place]?: infer Parameters };
}
  ? [NonNullable<Parameters>] extends [never]
    ? Readonly<Record<string, string | undefined>>
    : Readonly<NonNullable<Parameters>>
  : Readonly<Record<string, string | undefined>>;
