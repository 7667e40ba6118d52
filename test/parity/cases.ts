// The documented responses and their causes. The list comes from the documents, so a new response is compared too, or fails
// without a cause.
import type { LoadedContract } from '../../src/app/contracts.ts';
import type { DocumentedOperation } from '../../src/http/documents.ts';

/** One documented response. */
export interface ParityCase {
  readonly name: string;
  readonly contract: LoadedContract;
  readonly operation: DocumentedOperation;
  readonly status: number;
  /** The name and value of the documented example, if there is one. */
  readonly example: string | undefined;
  readonly body: unknown;
}

/** The cause of a response. */
export type Cause =
  | 'granted'
  | 'violation'
  | 'invalid_token'
  | 'unprocessable_token'
  | 'missing_subject'
  | 'throttled'
  | 'unavailable'
  | 'fault';

const byStatus: Readonly<Partial<Record<number, Cause>>> = {
  200: 'granted',
  400: 'violation',
  401: 'invalid_token',
  404: 'missing_subject',
  422: 'unprocessable_token',
  429: 'throttled',
  500: 'fault',
  503: 'unavailable',
};

/** The name of the example distinguishes several responses of one status. */
const byExample: Readonly<Partial<Record<string, Cause>>> = {
  'cloudreve 200 refreshed': 'granted',
  'cloudreve 200 invalidRequest': 'violation',
  'cloudreve 200 invalidToken': 'invalid_token',
  'cloudreve 200 internalError': 'fault',
};

/** Returns every documented response of every operation. */
export function casesOf(contracts: readonly LoadedContract[]): ParityCase[] {
  return contracts.flatMap((contract) =>
    contract.document.operations.flatMap((operation) =>
      [...operation.responses.values()].flatMap(({ status, examples }) => {
        const named: [string | undefined, unknown][] = examples.size === 0 ? [[undefined, undefined]] : [...examples];
        return named.map(([example, body]) => {
          const name = [contract.name, status, example].filter((part) => part !== undefined).join(' ');
          return { name, contract, operation, status, example, body };
        });
      }),
    ),
  );
}

/** @throws Error for a response without a cause here */
export function causeOf({ name, operation, status }: ParityCase): Cause {
  const isOneOfSeveral = (operation.responses.get(status)?.examples.size ?? 0) > 1;
  const cause = isOneOfSeveral ? byExample[name] : byStatus[status];
  if (cause === undefined) {
    throw new Error(
      `${name} is documented, and there is no way to provoke it: name its cause in test/parity/cases.ts.`,
    );
  }
  return cause;
}
