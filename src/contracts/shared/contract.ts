// The adapter of a contract: a pure translation between the generated types of its document and the engine. An edit of the
// document without an edit of the adapter is a compile error, so there are no default branches.
import type { TokenProfile } from '../../engine/claims.ts';
import type { Grant, Outcome, RefusalKind } from '../../engine/outcome.ts';
import type { ContractDefaults } from '../../engine/policy.ts';
import type { FailureContext, HttpFailure, MountedOperation, Reply, RequestOf, WireReply } from '../../http/types.ts';

/** Translates one refresh operation. */
export interface RefreshAdapter<Operation> {
  /** Returns the refresh token of a valid request. */
  readonly credential: (request: RequestOf<Operation>) => string;
  readonly granted: (grant: Grant) => Reply<Operation>;
  /** Returns the replies for all failures, which are constant except for values of the context. */
  readonly failures: (context: FailureContext) => Failures<Reply<Operation>>;
}

/** A reply for every kind of failure. */
export interface Failures<AnyReply> extends Readonly<Record<HttpFailure | 'unavailable', AnyReply>> {
  readonly refused: Readonly<Record<RefusalKind, AnyReply>>;
}

/** The definition of a contract. `Operations` is the generated interface of that name. */
export interface ContractDefinition<Operations> {
  readonly defaults: ContractDefaults;
  readonly profile: TokenProfile;
  /** Returns the tokens of a new session for the sign-in; by default the body of a granted reply. */
  readonly issued?: (grant: Grant) => object;
  readonly operations: { readonly [OperationId in keyof Operations]: RefreshAdapter<Operations[OperationId]> };
}

/** A contract without the types of its operations. */
export interface Contract {
  readonly defaults: ContractDefaults;
  readonly profile: TokenProfile;
  /** Returns the operations by id. @param refresh of the engine */
  readonly mount: (refresh: Refresh) => ReadonlyMap<string, MountedOperation>;
  /** Returns the tokens of a new session in the form of the contract. */
  readonly issued: (grant: Grant) => unknown;
}

export type Refresh = (token: string, requestId: string) => Promise<Outcome>;

export function defineContract<Operations>(definition: ContractDefinition<Operations>): Contract {
  const adapters = new Map<string, RefreshAdapter<UncheckedOperation>>(
    // Each adapter is typed above. In one map their requests are `unknown`; the validator validates them against the
    // document that the types were generated from.
    Object.entries(definition.operations as Record<string, RefreshAdapter<UncheckedOperation>>),
  );
  const contract: Contract = {
    defaults: definition.defaults,
    profile: definition.profile,
    mount: (refresh) =>
      new Map([...adapters].map(([operationId, adapter]) => [operationId, mountOperation(adapter, refresh)])),
    issued: definition.issued ?? ((grant) => [...adapters.values()][0]?.granted(grant).body),
  };
  defined.add(contract);
  return contract;
}

const defined = new WeakSet<object>();

/** Reports whether a value, such as the default export of a module, is a result of `defineContract`. */
export function isContract(value: unknown): value is Contract {
  return typeof value === 'object' && value !== null && defined.has(value);
}

interface UncheckedOperation {
  readonly requestBody: { readonly content: { readonly any: unknown } };
  readonly responses: {
    readonly [status: number]: { readonly headers: object; readonly content: { readonly any: unknown } };
  };
}

function mountOperation(adapter: RefreshAdapter<UncheckedOperation>, refresh: Refresh): MountedOperation {
  const failuresOf = (requestId: string, retryAfter = 1) => adapter.failures({ requestId, violations: [], retryAfter });
  return {
    handle: async (request) => {
      const outcome = await refresh(adapter.credential(request), request.requestId);
      switch (outcome.kind) {
        case 'granted':
          return { reply: adapter.granted(outcome.grant), failed: false };
        case 'refused':
          return { reply: failuresOf(request.requestId).refused[outcome.refusal], failed: true };
        case 'throttled':
          return { reply: failuresOf(request.requestId, outcome.retryAfter).throttled, failed: false };
        case 'unavailable':
          return { reply: failuresOf(request.requestId).unavailable, failed: false };
      }
    },
    failure: (kind, context) => adapter.failures(context)[kind],
    samples: (context) => {
      const { refused, ...others } = adapter.failures(context);
      const sampled: [string, WireReply][] = [...Object.entries(refused), ...Object.entries(others)];
      return new Map([...sampled, ['granted', adapter.granted(sampleGrant)]]);
    },
    sampleSuccess: adapter.granted(sampleGrant),
  };
}

const sampleGrant: Grant = {
  access: { token: sampleToken(), expiresAt: 1_700_000_300 },
  refresh: { token: sampleToken(), expiresAt: 1_700_086_400 },
  answeredAt: 1_700_000_000,
};

/** As long as a real token, so that the check at start finds a document with a too small `maxLength`. */
function sampleToken(): string {
  return ['header'.repeat(16), 'claims'.repeat(64), 'signature'.repeat(9)].join('.');
}
