// The contracts of this tree, loaded once for all servers of a process. Copy a contract before editing it.
import { loadContracts, type LoadedContract } from '../../src/app/contracts.ts';

let loaded: Promise<readonly LoadedContract[]> | undefined;

export function ownContracts(): Promise<readonly LoadedContract[]> {
  return (loaded ??= loadContracts());
}
