// The database itself: its schema, whether it is whole, and whether its clock is ours.
import type { Inspection } from '../../app/app.ts';
import type { Finding } from './finding.ts';

export function checkSchema(database: string, { schema, damage, rows }: Inspection): readonly Finding[] {
  const { owner, version, known } = schema;
  const finding = (level: Finding['level'], sentence: string): readonly Finding[] => [
    { level, check: 'schema', sentence },
  ];
  if (damage !== undefined) return finding('FAIL', `${database} is damaged (${damage}); restore a backup.`);
  if (owner === 'nobody') return finding('warn', `${database} is empty; the next start makes its schema.`);
  if (owner === 'other') {
    return finding('FAIL', `${database} is a database of another program; choose another file with REFRACT_DB.`);
  }
  const schemas = `it has schema ${String(version)}, and this Refract knows schemas up to ${String(known)}`;
  if (version > known) return finding('FAIL', `${database}: ${schemas}; run the newer release that upgraded it.`);
  if (version < known) return finding('warn', `${schemas}; back it up: the next start upgrades it.`);
  const { sessions = 0, subjects = 0 } = rows?.contents ?? {};
  return finding(
    'ok',
    `version ${String(version)}, whole; sessions: ${String(sessions)}, subjects: ${String(subjects)}`,
  );
}

/** @param now taken after the rows were read, so that none of them can rightly be later */
export function checkClock(
  { rows }: { readonly rows: { readonly latest: number } | undefined },
  now: number,
): readonly Finding[] {
  if (rows === undefined) return [];
  const ahead = rows.latest - now;
  return [
    ahead > 0
      ? {
          level: 'FAIL',
          check: 'clock',
          sentence: `The database knows a time ${String(ahead)} s from now; set the clock of this machine, or wait: until then tokens are dated by the later one.`,
        }
      : { level: 'ok', check: 'clock', sentence: `no row is from the future` },
  ];
}
