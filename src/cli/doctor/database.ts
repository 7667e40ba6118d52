// The database: its schema and clock, what PostgreSQL guarantees, and that the keys in it can be used.
import { isForeseen } from '../../errors.ts';
import type { ServedContract } from '../../app/contracts.ts';
import { algorithmsOf, masterSecretOf } from '../../app/open.ts';
import { settings, type Config } from '../../config.ts';
import { inspectKeySets } from '../../signer/inspect.ts';
import type { PostgresInspection } from '../../store/postgres/inspect.ts';
import type { Inspection } from '../../store/sqlite/inspect.ts';
import { failure, ok, warning, wellUnless, type Finding, type Found } from './finding.ts';

export function checkSchema(database: string, { schema, damage, rows }: Inspection): Finding {
  return { check: 'schema', ...schemaFound() };

  function schemaFound(): Found {
    const { owner, version, known } = schema;
    if (damage !== undefined) return failure(`${database} is damaged (${damage}); restore a backup.`);
    if (owner === 'none') return warning(`${database} is empty; the next start makes its schema.`);
    if (owner === 'other') {
      return failure(
        `${database} is a database of another program; choose another file with ${settings.database.variable}.`,
      );
    }
    return schemaVersion(database, { version, known, newest: version }, 'whole', rows);
  }
}

/** @param place as it may be printed */
export function checkPostgres(place: string, found: PostgresInspection): readonly Finding[] {
  const { version, isStandby, unmet, unpermitted, waitsForStandby, isEncrypted } = found;
  const problems = [...unmet, ...unpermitted].map(failure);
  if (isStandby) problems.push(failure(`${place} is a standby and cannot be written to; name the primary.`));
  const isLocal = /at (127\.|localhost|\[?::1|\/)/.test(place);
  if (!isEncrypted && !isLocal) {
    problems.push(
      warning(`The connection to ${place} has no TLS; add sslmode=verify-full to ${settings.databaseUrl.variable}.`),
    );
  }
  const waits = waitsForStandby
    ? 'a commit waits for a standby'
    : 'no standby is waited for: a failover may lose the last revocations';
  return [
    ...wellUnless('database', `PostgreSQL ${version}; ${waits}`, problems),
    { check: 'schema', ...postgresSchema(place, found) },
  ];
}

function postgresSchema(place: string, { schema, rows, unpermitted }: PostgresInspection): Found {
  const { version, worksWith, known, unfit } = schema;
  if (unfit !== undefined) return failure(unfit);
  if (version === 0) {
    const next = unpermitted.length === 0 ? 'the next start makes its schema' : 'a start cannot make its schema yet';
    return warning(`${place} is empty; ${next}.`);
  }
  const newer = version > known ? 'of a newer release that this one can work beside' : undefined;
  return schemaVersion(place, { version, known, newest: worksWith }, newer, rows);
}

/** @param newest the release that a server must know to work with the database */
function schemaVersion(
  place: string,
  { version, known, newest }: { readonly version: number; readonly known: number; readonly newest: number },
  state: string | undefined,
  rows: { readonly contents: { readonly sessions: number; readonly subjects: number } } | undefined,
): Found {
  const schemas = `it has schema ${String(version)}, and this Refract knows schemas up to ${String(known)}`;
  if (newest > known) return failure(`${place}: ${schemas}; run the newer release that upgraded it.`);
  if (version < known) return warning(`${schemas}; back it up: the next start upgrades it.`);
  const { sessions = 0, subjects = 0 } = rows?.contents ?? {};
  const described = [`version ${String(version)}`, ...(state === undefined ? [] : [state])].join(', ');
  return ok(`${described}; sessions: ${String(sessions)}, subjects: ${String(subjects)}`);
}

/** @param now taken after the rows were read, so that none of them can rightly be later */
export function checkClock(
  { rows }: { readonly rows: { readonly latest: number } | undefined },
  now: number,
): Finding[] {
  if (rows === undefined) return [];
  const ahead = rows.latest - now;
  if (ahead <= 0) return [{ check: 'clock', ...ok('no row is from the future') }];
  const advice = 'set the clock of this machine, or wait: until then tokens are dated by the later one.';
  return [{ check: 'clock', ...failure(`The database knows a time ${String(ahead)} s from now; ${advice}`) }];
}

type KeyRows = Pick<NonNullable<Inspection['rows']>, 'keySets' | 'lastUses'>;

/** @param now integer seconds since 1970 */
export async function checkKeys(
  config: Config,
  contracts: readonly ServedContract[],
  rows: KeyRows | undefined,
  now: number,
): Promise<readonly Finding[]> {
  const keySets = rows?.keySets ?? [];
  const problems = [...(await sealProblems(config, contracts, keySets)), ...useProblems(contracts, rows, now)];
  const count = (state: string): string => String(keySets.filter((keySet) => keySet.state === state).length);
  const well = `all open; active: ${count('active')}, next: ${count('next')}, retired: ${count('retired')}`;
  return wellUnless('keys', well, problems);
}

async function sealProblems(
  config: Config,
  contracts: readonly ServedContract[],
  keySets: KeyRows['keySets'],
): Promise<readonly Found[]> {
  try {
    const source = masterSecretOf(config);
    const { isSecretMissing, underPrevious } = await inspectKeySets(keySets, source, algorithmsOf(contracts));
    const missing = `There are no keys yet; the first start makes them, and ${source.file}.`;
    const outdated = `Sealed under the previous master secret, until the next start: ${underPrevious.join(', ')}.`;
    const useless = `${settings.previousMasterSecret.variable} opens nothing that the present one does not; leave it out.`;
    return [
      ...(isSecretMissing ? [warning(missing)] : []),
      ...(underPrevious.length > 0 ? [warning(outdated)] : source.previous !== undefined ? [warning(useless)] : []),
    ];
  } catch (reason) {
    if (!isForeseen(reason)) throw reason;
    return [failure(reason.message)];
  }
}

function useProblems(contracts: readonly ServedContract[], rows: KeyRows | undefined, now: number): readonly Found[] {
  const keySets = rows?.keySets ?? [];
  const ofContract = (name: string): ServedContract | undefined => contracts.find((one) => one.name === name);
  const isSigning = (name: string): boolean =>
    keySets.some(({ contract, state }) => contract === name && state === 'active');
  const idle = keySets.length === 0 ? [] : contracts.filter(({ name }) => !isSigning(name));
  const orphans = keySets.filter(({ contract }) => ofContract(contract) === undefined);
  const expired = keySets.filter(({ id, contract, retiredAt }) => {
    const accessLifetime = ofContract(contract)?.settings.accessLifetime ?? 0;
    return retiredAt !== undefined && Math.max(retiredAt + accessLifetime, rows?.lastUses.get(id) ?? 0) <= now;
  });
  return [
    ...idle.map(({ name }) => `${name} has no active key set; the next start makes one.`),
    ...orphans.map(({ id, contract }) => `The key set ${id} is of ${contract}, which is no contract any more.`),
    ...expired.map(
      ({ id, contract }) =>
        `No token that the retired key set ${id} of ${contract} signed can live any more; remove it.`,
    ),
  ].map(warning);
}
