// The contracts as they are in this tree, read once for all the servers of a process. Who edits one, edits a copy.
import { loadContracts, type LoadedContract } from '../../src/app/contracts.ts';

let loaded: Promise<readonly LoadedContract[]> | undefined;

export function ownContracts(): Promise<readonly LoadedContract[]> {
  return (loaded ??= loadContracts());
}
