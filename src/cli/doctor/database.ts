// Checks of the database: its schema and clock, what PostgreSQL guarantees, and whether the keys in it can be used.
import type { ServedContract } from '../../app/contracts.ts';
import { algorithmsOf, masterSecretOf } from '../../app/open.ts';
import { settings, type Config } from '../../config.ts';
import { inspectKeySets } from '../../signer/master-secret.ts';
import type { PostgresInspection } from '../../store/postgres/inspect.ts';
import type { Inspection } from '../../store/sqlite/inspect.ts';
import { attempt, failure, report, warning, type Finding, type Problem } from './finding.ts';

/** Rows of either database. */
type Rows = PostgresInspection['rows'];

export function checkSchema(database: string, { schema, damage, rows }: Inspection): readonly Finding[] {
  const { owner, version, known } = schema;
  const foreign = `${database} belongs to another program; choose another file with ${settings.database.variable}.`;
  const problem =
    damage !== undefined
      ? failure(`${database} is damaged (${damage}); restore a backup.`)
      : owner === 'other'
        ? failure(foreign)
        : version === 0
          ? warning(`${database} is empty; the next start creates its schema.`)
          : findVersionProblem(database, { version, known, newest: version });
  return reportSchema(`version ${String(version)}, undamaged`, rows, problem);
}

/** @param place of the database, without its password */
export function checkPostgres(place: string, inspection: PostgresInspection): readonly Finding[] {
  const { version, isStandby, unmet, unpermitted, waitsForStandby, isEncrypted } = inspection;
  const isLocal = /at (127\.|localhost|\[?::1|\/)/.test(place);
  const insecure = `The connection to ${place} has no TLS; add sslmode=verify-full to ${settings.databaseUrl.variable}.`;
  const durability = waitsForStandby
    ? 'a commit waits for a standby'
    : 'a commit waits for no standby: a failover may lose the last revocations';
  return [
    ...report('database', `PostgreSQL ${version}; ${durability}`, [
      ...[...unmet, ...unpermitted].map(failure),
      ...(isStandby ? [failure(`${place} is a standby and cannot be written to; name the primary.`)] : []),
      ...(isEncrypted || isLocal ? [] : [warning(insecure)]),
    ]),
    ...checkPostgresSchema(place, inspection),
  ];
}

function checkPostgresSchema(place: string, { schema, rows, unpermitted }: PostgresInspection): readonly Finding[] {
  const { version, worksWith, known, unfit } = schema;
  const next = unpermitted.length === 0 ? 'the next start creates its schema' : 'a start cannot create its schema yet';
  const problem =
    unfit !== undefined
      ? failure(unfit)
      : version === 0
        ? warning(`${place} is empty; ${next}.`)
        : findVersionProblem(place, { version, known, newest: worksWith });
  const newer = version > known ? ', of a newer release that this one is compatible with' : '';
  return reportSchema(`version ${String(version)}${newer}`, rows, problem);
}

/** @param newest the version that a server must know to work with the database */
function findVersionProblem(
  place: string,
  { version, known, newest }: { readonly version: number; readonly known: number; readonly newest: number },
): Problem | undefined {
  const schemas = `${place} has schema ${String(version)}, and this Refract knows schemas up to ${String(known)}`;
  if (newest > known) return failure(`${schemas}; run the newer release that upgraded it.`);
  return version < known ? warning(`${schemas}; back it up: the next start upgrades it.`) : undefined;
}

function reportSchema(described: string, rows: Rows, problem: Problem | undefined): readonly Finding[] {
  const { sessions = 0, subjects = 0 } = rows?.contents ?? {};
  const ok = `${described}; sessions: ${String(sessions)}, subjects: ${String(subjects)}`;
  return report('schema', ok, problem === undefined ? [] : [problem]);
}

/** @param now seconds, taken after the rows were read: no row can correctly be later */
export function checkClock(rows: Pick<NonNullable<Rows>, 'latest'> | undefined, now: number): readonly Finding[] {
  if (rows === undefined) return [];
  const ahead = rows.latest - now;
  const sentence = `The database has a time ${String(ahead)} s in the future, which tokens get until then; set the clock, or wait.`;
  return report('clock', 'no row is from the future', ahead > 0 ? [failure(sentence)] : []);
}

/** @param now integer seconds since 1970 */
export async function checkKeys(
  config: Config,
  contracts: readonly ServedContract[],
  rows: Pick<NonNullable<Rows>, 'keySets' | 'lastUses'> | undefined,
  now: number,
): Promise<readonly Finding[]> {
  const { keySets, lastUses } = rows ?? { keySets: [], lastUses: new Map<string, number>() };
  const source = masterSecretOf(config);
  const inspection = await attempt('keys', () => inspectKeySets(keySets, source, algorithmsOf(contracts)));
  const problems = 'level' in inspection ? [inspection] : sealWarnings(inspection).map(warning);
  const count = (state: string): string => String(keySets.filter((keySet) => keySet.state === state).length);
  const ok = `all can be opened; active: ${count('active')}, next: ${count('next')}, retired: ${count('retired')}`;
  return report('keys', ok, [...problems, ...useWarnings().map(warning)]);

  function sealWarnings({ isSecretMissing, underPrevious }: Awaited<ReturnType<typeof inspectKeySets>>): string[] {
    const previous = settings.previousMasterSecret.variable;
    const isUseless = source.previous !== undefined && underPrevious.length === 0;
    return [
      ...(isSecretMissing ? [`There are no keys yet; the first start creates them and ${source.file}.`] : []),
      ...(isUseless ? [`No key is sealed under ${previous}; remove this setting.`] : []),
      ...(underPrevious.length > 0
        ? [`Sealed under the previous master secret until the next start: ${underPrevious.join(', ')}.`]
        : []),
    ];
  }

  function useWarnings(): string[] {
    const byName = new Map(contracts.map((contract) => [contract.name, contract]));
    const signing = new Set(keySets.flatMap(({ contract, state }) => (state === 'active' ? [contract] : [])));
    const idle = keySets.length === 0 ? [] : contracts.filter(({ name }) => !signing.has(name));
    const orphaned = keySets.filter(({ contract }) => !byName.has(contract));
    const expired = keySets.filter(({ id, contract, retiredAt }) => {
      const accessLifetime = byName.get(contract)?.settings.accessLifetime ?? 0;
      return retiredAt !== undefined && Math.max(retiredAt + accessLifetime, lastUses.get(id) ?? 0) <= now;
    });
    return [
      ...idle.map(({ name }) => `${name} has no active key set; the next start creates one.`),
      ...orphaned.map(({ id, contract }) => `The key set ${id} belongs to ${contract}, which is not a contract.`),
      ...expired.map(
        ({ id, contract }) => `All tokens of the retired key set ${id} of ${contract} expired; remove it.`,
      ),
    ];
  }
}
