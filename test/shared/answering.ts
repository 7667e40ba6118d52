// A contract whose adapter answers something else than it should, to see who notices.
import type { LoadedContract } from '../../src/app/contracts.ts';
import type { WireReply } from '../../src/http/types.ts';

/** The contract with every reply changed. The samples stay as they are, so that the boot finds nothing. */
export function answering(loaded: LoadedContract, change: (reply: WireReply) => WireReply): LoadedContract {
  const { contract } = loaded;
  return {
    ...loaded,
    contract: {
      ...contract,
      mount: (refresh) =>
        new Map(
          [...contract.mount(refresh)].map(([operationId, operation]) => [
            operationId,
            {
              ...operation,
              failure: (kind, context) => change(operation.failure(kind, context)),
              handle: async (request) => {
                const { reply, failed } = await operation.handle(request);
                return { reply: change(reply), failed };
              },
            },
          ]),
        ),
    },
  };
}
