// The one error class of Refract. Every layer may import this file, the engine and http too: a port throws
// `unavailable`, and an error that crosses a thread has to keep its code. It imports nothing.

/** Every reason that the code throws on purpose; any other error is a fault. */
export type ErrorCode =
  // A start meets these, and an operator corrects what the message names.
  | 'configuration'
  | 'document'
  | 'unreadable_document'
  | 'policy'
  | 'store'
  | 'key'
  | 'admin_token'
  // The administration refuses an operation: what it names does not exist, conflicts, or is invalid.
  | 'not_found'
  | 'conflict'
  | 'invalid'
  /** The store or the signer cannot be reached and nothing was changed; a retry is safe. */
  | 'unavailable'
  // The command line: wrong arguments (exit code 2), or a command that could not do its work (exit code 1).
  | 'usage'
  | 'command'
  // These are caught in the folder that throws them.
  | 'row'
  | 'unreadable_row'
  | 'held_too_long'
  | 'not_connected'
  | 'rolled_back';

/** An error whose message is one sentence for the operator, and whose code says which kind it is. */
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

/** Whether a reason is an error of Refract with one of the codes. */
export function isRefractError<Code extends ErrorCode>(
  reason: unknown,
  ...codes: readonly Code[]
): reason is RefractError & { readonly code: Code } {
  return reason instanceof RefractError && codes.some((code) => code === reason.code);
}

/** Whether the administration refused the operation. */
export function isRefused(
  reason: unknown,
): reason is RefractError & { readonly code: 'not_found' | 'conflict' | 'invalid' } {
  return isRefractError(reason, 'not_found', 'conflict', 'invalid');
}

/** Whether the store or the signer could not be reached, so that the last operation has changed nothing. */
export function isUnavailable(reason: unknown): reason is RefractError {
  return isRefractError(reason, 'unavailable');
}

/** Whether a start can meet the error and its message says what the operator has to correct. */
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

/** Whether a document cannot be worked with. */
export function isDocumentError(reason: unknown): reason is RefractError {
  return isRefractError(reason, 'document', 'unreadable_document');
}

/** An error on its way to another thread, as JSON can hold it. */
export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of Refract, or of the system such as `EADDRINUSE`. */
  readonly code: string | undefined;
  readonly cause: SerializedError | undefined;
}

export function serializeError(reason: unknown): SerializedError {
  if (!(reason instanceof Error)) {
    return { name: 'Error', message: String(reason), stack: undefined, code: undefined, cause: undefined };
  }
  const { name, message, stack, cause } = reason;
  const code = 'code' in reason && typeof reason.code === 'string' ? reason.code : undefined;
  return { name, message, stack, code, cause: cause === undefined ? undefined : serializeError(cause) };
}

/** The error with the class, code, stack and cause that it had on its own thread. */
export function deserializeError({ name, message, stack, code, cause }: SerializedError): Error {
  const options = cause === undefined ? undefined : { cause: deserializeError(cause) };
  const error = errorOf(name, message, code, options);
  if (stack !== undefined) error.stack = stack;
  return error;
}

function errorOf(name: string, message: string, code: string | undefined, options: ErrorOptions | undefined): Error {
  // Only `serializeError` writes this name, with a code of the union beside it.
  if (name === 'RefractError') return new RefractError(code as ErrorCode, message, options);
  const Native = natives.find((one) => one.name === name);
  const error =
    Native === undefined ? Object.assign(new Error(message, options), { name }) : new Native(message, options);
  return code === undefined ? error : Object.assign(error, { code });
}

const natives = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
