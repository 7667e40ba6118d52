// A contract whose adapter sends wrong replies.
import type { LoadedContract } from '../../src/app/contracts.ts';
import type { WireReply } from '../../src/http/types.ts';

/** Returns the contract with every reply changed. Its samples stay, so that the start finds no mistake. */
export function changeReplies(loaded: LoadedContract, change: (reply: WireReply) => WireReply): LoadedContract {
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
