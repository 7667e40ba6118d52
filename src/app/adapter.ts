// Adapters, found by the name of their contract.
import { isContract, type Contract } from '../contracts/shared/contract.ts';
import { ending } from './ending.ts';

/** The contract that the adapter of a name defines. @param file of its document @throws Error with one sentence */
export async function loadAdapter(name: string, file: string): Promise<Contract> {
  const path = `../contracts/${name}${ending}`;
  let module: { default?: unknown };
  try {
    // A module read by name is untyped; what it exports is checked on the next line.
    module = (await import(path)) as { default?: unknown };
  } catch (reason) {
    const message = reason instanceof Error ? reason.message : String(reason);
    throw new Error(`${file} has no adapter that can be loaded as src/contracts/${name}.ts: ${message}.`, {
      cause: reason,
    });
  }
  if (isContract(module.default)) return module.default;
  throw new Error(
    `src/contracts/${name}.ts does not export a contract; its default export is to come from defineContract.`,
  );
}
