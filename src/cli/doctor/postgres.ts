// PostgreSQL: that it can be reached and written to, and that it promises what Refract promises in turn.
import type { PostgresInspection } from '../../app/app.ts';
import { wellUnless, type Finding } from './finding.ts';

type Found = Omit<Finding, 'check'>;

/** @param place as it may be printed */
export function checkPostgres(place: string, found: PostgresInspection): readonly Finding[] {
  return [...checkServer(place, found), ...checkPostgresSchema(place, found)];
}

function checkServer(
  place: string,
  { version, isStandby, unmet, unpermitted, waitsForStandby, isEncrypted }: PostgresInspection,
): readonly Finding[] {
  const troubles: Found[] = [...unmet, ...unpermitted].map((sentence) => ({ level: 'FAIL', sentence }));
  if (isStandby) {
    troubles.push({ level: 'FAIL', sentence: `${place} is a standby and cannot be written to; name the primary.` });
  }
  const isLocal = /at (127\.|localhost|\[?::1|\/)/.test(place);
  if (!isEncrypted && !isLocal) {
    troubles.push({
      level: 'warn',
      sentence: `The connection to ${place} has no TLS; add sslmode=verify-full to DATABASE_URL.`,
    });
  }
  const waits = waitsForStandby
    ? 'a commit waits for a standby'
    : 'no standby is waited for: a failover may lose the last revocations';
  return wellUnless('database', `PostgreSQL ${version}; ${waits}`, troubles);
}

function checkPostgresSchema(place: string, { schema, rows, unpermitted }: PostgresInspection): readonly Finding[] {
  const { version, worksWith, known, unfit } = schema;
  const finding = (level: Finding['level'], sentence: string): readonly Finding[] => [
    { level, check: 'schema', sentence },
  ];
  if (unfit !== undefined) return finding('FAIL', unfit);
  if (version === 0) {
    const next = unpermitted.length === 0 ? 'the next start makes its schema' : 'a start cannot make its schema yet';
    return finding('warn', `${place} is empty; ${next}.`);
  }
  const schemas = `it has schema ${String(version)}, and this Refract knows schemas up to ${String(known)}`;
  if (worksWith > known) return finding('FAIL', `${place}: ${schemas}; run the newer release that upgraded it.`);
  if (version < known) return finding('warn', `${schemas}; back it up: the next start upgrades it.`);
  const { sessions = 0, subjects = 0 } = rows?.contents ?? {};
  const newer = version > known ? ', of a newer release that this one can work beside' : '';
  return finding(
    'ok',
    `version ${String(version)}${newer}; sessions: ${String(sessions)}, subjects: ${String(subjects)}`,
  );
}
