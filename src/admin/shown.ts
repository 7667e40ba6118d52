// What the admin contract shows of what there is: pure translation into the generated types, with null for none.
import type { components } from '../../generated/admin.ts';
import type { AuditEvent } from './ports.ts';
import type { Session, Subject } from '../engine/session.ts';
import type { KeySetDescription } from '../signer/key-life.ts';
import type { ImportSummary } from './bulk-import.ts';
import type { Import, ImportOutcome } from './imports.ts';

type Schemas = components['schemas'];

export function subjectOf({ id, email, account, role, disabledAt, deletedAt }: Subject): Schemas['Subject'] {
  return {
    id,
    email: email ?? null,
    account: account ?? null,
    role: role ?? null,
    disabledAt: disabledAt ?? null,
    deletedAt: deletedAt ?? null,
  };
}

export function sessionOf(session: Session): Schemas['Session'] {
  const { id, contract, subjectId, policy, generation, createdAt, rotatedAt, expiresAt } = session;
  return {
    ...{ id, contract, subjectId, policy, generation, createdAt, refreshedAt: rotatedAt, expiresAt },
    label: session.label ?? null,
    revokedAt: session.revokedAt ?? null,
    revokedReason: session.revokedReason ?? null,
  };
}

export function keySetOf({ accessKid, retiredAt, ...described }: KeySetDescription): Schemas['KeySet'] {
  return { ...described, accessKid: accessKid ?? null, retiredAt: retiredAt ?? null };
}

export function eventOf(event: AuditEvent): Schemas['AuditEvent'] {
  return {
    id: event.id,
    at: event.at,
    type: event.type,
    contract: event.contract ?? null,
    subjectId: event.subjectId ?? null,
    sessionId: event.sessionId ?? null,
    reason: event.reason ?? null,
    requestId: event.requestId ?? null,
    address: event.address ?? null,
    userAgent: event.userAgent ?? null,
    actor: event.actor ?? null,
  };
}

export function importOf({ requestId, actor, state, beganAt, finishedAt, summary }: Import): Schemas['Import'] {
  return {
    ...{ requestId: requestId ?? null, actor, state, beganAt, finishedAt: finishedAt ?? null },
    ...countsOf(summary),
  };
}

export function reportOf({ summary, problems }: Extract<ImportOutcome, { kind: 'read' }>): Schemas['ImportReport'] {
  return { ...countsOf(summary), problems: [...problems], moreProblems: summary.bad > problems.length };
}

function countsOf({ rows, bad, subjects, sessions }: ImportSummary) {
  return { rows, refused: bad, subjects, sessions };
}
