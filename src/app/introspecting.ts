// What the admin contract and the command line tell of a token.
import { introspect, type Introspection, type IntrospectionParts } from '../admin/introspection.ts';
import type { ServedContract } from './contracts.ts';

export type Introspect = (token: string) => Promise<Introspection>;

/** @param keys opened for the first token */
export function createIntrospect(
  served: readonly ServedContract[],
  store: IntrospectionParts['store'],
  keys: () => Promise<IntrospectionParts['signer']>,
): Introspect {
  const contracts = served.map(({ name, contract, settings: { gracePeriod } }) => ({
    ...{ name, gracePeriod },
    refreshStrings: contract.profile.refreshStrings,
  }));
  return async (token) => introspect({ signer: await keys(), store, contracts }, token);
}
