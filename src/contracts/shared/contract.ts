// The one shape of a contract's adapter: a pure translation between the generated types of its document and the
// engine. Typed by the generated operations, so that an edit of the document which the adapter does not follow is a
// compile error; there is no default branch anywhere.
import type { TokenProfile } from '../../engine/claims.ts';
import type { Grant, Outcome, RefusalKind } from '../../engine/outcome.ts';
import type { ContractDefaults } from '../../engine/policy.ts';
import type { FailureContext, HttpFailure, MountedOperation, Reply, RequestOf, WireReply } from '../../http/types.ts';

/** How one refresh operation is answered. */
export interface RefreshAdapter<Operation> {
  /** The refresh token of a request that fits the document. */
  readonly credential: (request: RequestOf<Operation>) => string;
  readonly granted: (grant: Grant) => Reply<Operation>;
  /** The whole table of what can go wrong; its replies are constant but for the two slots of the context. */
  readonly failures: (context: FailureContext) => Failures<Reply<Operation>>;
}

/** A reply for every kind of no. */
export interface Failures<AnyReply> extends Readonly<Record<HttpFailure | 'unavailable', AnyReply>> {
  readonly refused: Readonly<Record<RefusalKind, AnyReply>>;
}

/** Everything a contract's file says. `Operations` is the generated interface of that name. */
export interface ContractDefinition<Operations> {
  readonly defaults: ContractDefaults;
  readonly profile: TokenProfile;
  /** What a new session's tokens look like to whoever signed in; the body of a granted reply where left out. */
  readonly issued?: (grant: Grant) => object;
  readonly operations: { readonly [OperationId in keyof Operations]: RefreshAdapter<Operations[OperationId]> };
}

/** A contract as the composition root uses it, whatever its operations are. */
export interface Contract {
  readonly defaults: ContractDefaults;
  readonly profile: TokenProfile;
  /** The operations, answered by the given refresh. */
  readonly mounted: (refresh: Refresh) => ReadonlyMap<string, MountedOperation>;
  /** A new session's tokens, in the contract's own shape. */
  readonly issued: (grant: Grant) => unknown;
}

export type Refresh = (token: string, requestId: string) => Promise<Outcome>;

/** Makes a contract of its definition. */
export function defineContract<Operations>(definition: ContractDefinition<Operations>): Contract {
  const adapters = new Map<string, RefreshAdapter<UncheckedOperation>>(
    // Typed one by one above. Seen together their requests are only `unknown`, and it is the validator that has
    // held them against the very document the types were generated from.
    Object.entries(definition.operations as Record<string, RefreshAdapter<UncheckedOperation>>),
  );
  const contract: Contract = {
    defaults: definition.defaults,
    profile: definition.profile,
    mounted: (refresh) =>
      new Map([...adapters].map(([operationId, adapter]) => [operationId, mountedOperation(adapter, refresh)])),
    issued: definition.issued ?? ((grant) => [...adapters.values()][0]?.granted(grant).body),
  };
  defined.add(contract);
  return contract;
}

const defined = new WeakSet<object>();

/** Whether a value, such as a module's default export, was made by `defineContract`. */
export function isContract(value: unknown): value is Contract {
  return typeof value === 'object' && value !== null && defined.has(value);
}

interface UncheckedOperation {
  readonly requestBody: { readonly content: { readonly any: unknown } };
  readonly responses: {
    readonly [status: number]: { readonly headers: object; readonly content: { readonly any: unknown } };
  };
}

function mountedOperation(adapter: RefreshAdapter<UncheckedOperation>, refresh: Refresh): MountedOperation {
  const failuresOf = (requestId: string) => adapter.failures({ requestId, violations: [], retryAfter: 1 });
  return {
    handle: async (request) => {
      const outcome = await refresh(adapter.credential(request), request.requestId);
      switch (outcome.kind) {
        case 'granted':
          return { reply: adapter.granted(outcome.grant), failed: false };
        case 'refused':
          return { reply: failuresOf(request.requestId).refused[outcome.refusal], failed: true };
        case 'throttled': {
          const { retryAfter } = outcome;
          const failures = adapter.failures({ requestId: request.requestId, violations: [], retryAfter });
          return { reply: failures.throttled, failed: false };
        }
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

/** As long as a real one, so that a document which gives tokens too little room is noticed. */
function sampleToken(): string {
  return ['header'.repeat(16), 'claims'.repeat(64), 'signature'.repeat(9)].join('.');
}
