// The conformance kit of the store, races included. It knows only the interface `Store`: a store that passes can carry
// the refresh rule.
import { describe, onTestFinished } from 'vitest';
import { auditTests } from './kit/audit.ts';
import { importTests } from './kit/import.ts';
import { issueTests, listTests, readTests } from './kit/issue.ts';
import { keySetTests } from './kit/key-sets.ts';
import { purgeTests } from './kit/purge.ts';
import { revokeTests } from './kit/revoke.ts';
import { rotateTests } from './kit/rotate.ts';
import { subjectTests } from './kit/subjects.ts';
import { addSubject, type Open, type OpenedStore } from './kit/test-store.ts';

const parts: Readonly<Record<string, (open: Open) => void>> = {
  issue: issueTests,
  read: readTests,
  list: listTests,
  rotate: rotateTests,
  revoke: revokeTests,
  subjects: subjectTests,
  'key sets': keySetTests,
  audit: auditTests,
  purge: purgeTests,
  import: importTests,
};

/** Runs the kit against the store that `open` opens: an empty one for each test, which closes it. */
export function storeKit(name: string, open: () => Promise<OpenedStore>): void {
  describe.each(Object.entries(parts))(`${name}: %s`, (_part, kit) => {
    kit(async () => {
      const fresh = await open();
      onTestFinished(fresh.close);
      return addSubject(fresh);
    });
  });
}
