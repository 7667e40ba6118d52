// A session and its subject as a store returns them.
import type { Session, Subject } from '../../src/engine/session.ts';

export const subject: Subject = {
  id: 'bob',
  credentialVersion: '0123456789abcdef',
  email: 'bob@mail.com',
  account: 'bob@admin',
  role: 'ROLE_ADMIN',
  disabledAt: undefined,
  deletedAt: undefined,
};

/** Issued at second 1000, its fifth generation made at second 10 000; it ends at second 1 000 000. */
export const session: Session = {
  id: 'c7c1b0a4-6b0e-4d0a-9a55-0d3a3a4d6a11',
  contract: 'fib',
  policy: 'single-use',
  subjectId: subject.id,
  credentialVersion: subject.credentialVersion,
  generation: 5,
  rotatedAt: 10_000,
  keyId: 'first',
  createdAt: 1_000,
  expiresAt: 1_000_000,
  revokedAt: undefined,
  revokedReason: undefined,
  label: undefined,
};
