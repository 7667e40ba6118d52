// The error class of Refract. Every layer may import this file: ports throw `unavailable`, and an error that crosses a
// thread keeps its code. It imports nothing.

/** The codes of expected errors; any other error is a fault. */
export type ErrorCode =
  // A start fails with these, and an operator fixes what the message names.
  | 'configuration'
  | 'document'
  | 'unreadable_document'
  | 'policy'
  | 'store'
  | 'key'
  | 'admin_token'
  // The administration refuses an operation.
  | 'not_found'
  | 'conflict'
  | 'invalid'
  /** The store or the signer is unavailable and nothing was changed; a retry is safe. */
  | 'unavailable'
  // The command line: wrong arguments (exit code 2), or a failed command (exit code 1).
  | 'usage'
  | 'command'
  // Caught in the folder that throws them.
  | 'row'
  | 'unreadable_row'
  | 'held_too_long'
  | 'not_connected'
  | 'rolled_back';

/** An expected error. Its message is one sentence for the operator. */
export class RefractError extends Error {
  override readonly name = 'RefractError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  override toString(): string {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
}

/** Reports whether an error has one of the codes. */
export function isRefractError<Code extends ErrorCode>(
  reason: unknown,
  ...codes: readonly Code[]
): reason is RefractError & { readonly code: Code } {
  return reason instanceof RefractError && codes.some((code) => code === reason.code);
}

/** Reports whether the administration refused an operation. */
export function isRefused(
  reason: unknown,
): reason is RefractError & { readonly code: 'not_found' | 'conflict' | 'invalid' } {
  return isRefractError(reason, 'not_found', 'conflict', 'invalid');
}

/** Reports whether the store or the signer was unavailable, so that the operation has changed nothing. */
export function isUnavailable(reason: unknown): reason is RefractError {
  return isRefractError(reason, 'unavailable');
}

/** Reports whether an operator can fix the error by its message. */
export function isForeseen(reason: unknown): reason is RefractError {
  return isRefused(reason) || isRefractError(reason, ...startCodes);
}

const startCodes = [
  'configuration',
  'document',
  'unreadable_document',
  'policy',
  'store',
  'key',
  'admin_token',
] as const satisfies readonly ErrorCode[];

/** Reports whether a document cannot be used. */
export function isDocumentError(reason: unknown): reason is RefractError {
  return isRefractError(reason, 'document', 'unreadable_document');
}

/** An error as JSON, for another thread. */
export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** An `ErrorCode`, or a code of the system such as `EADDRINUSE`. */
  readonly code: string | undefined;
  readonly cause: SerializedError | undefined;
}

/** Serializes an error with its causes. */
export function serializeError(reason: unknown): SerializedError {
  if (!(reason instanceof Error)) {
    return { name: 'Error', message: String(reason), stack: undefined, code: undefined, cause: undefined };
  }
  const { name, message, stack, cause } = reason;
  const code = 'code' in reason && typeof reason.code === 'string' ? reason.code : undefined;
  return { name, message, stack, code, cause: cause === undefined ? undefined : serializeError(cause) };
}

/** Restores class, code, stack and causes of an error. */
export function deserializeError({ name, message, stack, code, cause }: SerializedError): Error {
  const options = cause === undefined ? undefined : { cause: deserializeError(cause) };
  const error = createError(name, message, code, options);
  if (stack !== undefined) error.stack = stack;
  return error;
}

function createError(
  name: string,
  message: string,
  code: string | undefined,
  options: ErrorOptions | undefined,
): Error {
  // Only `serializeError` writes this name, always with a code of the union.
  if (name === 'RefractError') return new RefractError(code as ErrorCode, message, options);
  const NativeError = nativeErrors.find((candidate) => candidate.name === name);
  const error =
    NativeError === undefined
      ? Object.assign(new Error(message, options), { name })
      : new NativeError(message, options);
  return code === undefined ? error : Object.assign(error, { code });
}

const nativeErrors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
