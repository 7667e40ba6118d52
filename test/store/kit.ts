// The conformance kit of the store, races included. It knows only the interface `Store`: a store that passes can carry
// the refresh rule.
import { describe, onTestFinished } from 'vitest';
import { audit } from './kit/audit.ts';
import { importing } from './kit/importing.ts';
import { issuing, listing, reading } from './kit/issuing.ts';
import { keySets } from './kit/key-sets.ts';
import { begin, type Open, type OpenedStore } from './kit/opened.ts';
import { purging } from './kit/purging.ts';
import { revoking } from './kit/revoking.ts';
import { rotating } from './kit/rotating.ts';
import { subjects } from './kit/subjects.ts';

const parts: Readonly<Record<string, (open: Open) => void>> = {
  issuing,
  reading,
  listing,
  rotating,
  revoking,
  subjects,
  'key sets': keySets,
  audit,
  purging,
  importing,
};

/** Runs the kit against the store that `open` opens: an empty one for each test, which closes it. */
export function storeKit(name: string, open: () => Promise<OpenedStore>): void {
  describe.each(Object.entries(parts))(`${name}: %s`, (_part, kit) => {
    kit(async () => {
      const fresh = await open();
      onTestFinished(fresh.close);
      return begin(fresh);
    });
  });
}
