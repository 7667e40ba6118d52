// A contract that is attacked: a living session of it, its keys, and what an attacker may have got hold of.
import type { createAdminClient } from '../../../generated/admin.client.ts';
import { at } from '../../../test/shared/at.ts';
import { accessTokenIn, contracts, refreshTokenIn, type ContractName } from '../../../test/shared/refreshing.ts';
import { algorithmOf, createKey, type OwnKey } from './keys.ts';

export interface Target {
  readonly contract: ContractName;
  readonly sessionId: string;
  readonly refreshToken: string;
  /** Refresh tokens of other living sessions of the same contract. */
  readonly siblings: readonly string[];
  readonly accessToken: string;
  readonly keys: { readonly access: OwnKey; readonly refresh: OwnKey; readonly legacy: OwnKey };
  /** What the server publishes, byte for byte. */
  readonly jwks: string;
}

export type Admin = ReturnType<typeof createAdminClient>['client'];

/** Gives the server keys that are known here, and begins sessions of every contract. */
export async function prepareTargets(origin: string, admin: Admin): Promise<readonly Target[]> {
  const targets: Target[] = [];
  for (const contract of contracts) targets.push(await prepare(origin, admin, contract));
  return targets;
}

async function prepare(origin: string, admin: Admin, contract: ContractName): Promise<Target> {
  const algorithm = algorithmOf[contract];
  const keys = { access: createKey(algorithm), refresh: createKey(algorithm), legacy: createKey(algorithm) };
  const params = { path: { contract } };
  const given = [
    await admin.POST('/keys/{contract}', {
      params,
      body: { accessKey: keys.access.jwk, refreshKey: keys.refresh.jwk },
    }),
    await admin.POST('/keys/{contract}/rotate', { params, body: {} }),
    // One more way in: tokens of another server, none of which was imported.
    await admin.POST('/keys/{contract}', { params, body: { legacyRefreshKey: keys.legacy.jwk } }),
  ];
  for (const { error } of given) {
    if (error !== undefined) throw new Error(`${contract} did not take the keys: ${JSON.stringify(error)}`);
  }
  const [first, ...others] = [await issue(admin, contract), await issue(admin, contract), await issue(admin, contract)];
  return {
    contract,
    sessionId: first.sessionId,
    refreshToken: first.refreshToken,
    siblings: others.map(({ refreshToken }) => refreshToken),
    accessToken: first.accessToken,
    keys,
    jwks: await (await fetch(`${origin}/jwks/${contract}.json`)).text(),
  };
}

async function issue(
  admin: Admin,
  contract: ContractName,
): Promise<{ readonly sessionId: string; readonly refreshToken: string; readonly accessToken: string }> {
  const subjectId = `victim of ${contract}`;
  const details = { email: 'victim@mail.com', account: 'victim@admin', role: 'ROLE_ADMIN' };
  await admin.PUT('/subjects/{subjectId}', { params: { path: { subjectId } }, body: details });
  const { data, error } = await admin.POST('/sessions', { body: { contract, subjectId } });
  if (data === undefined) throw new Error(`no session of ${contract}: ${JSON.stringify(error)}`);
  return {
    sessionId: data.session.id,
    refreshToken: refreshTokenIn(contract, data.tokens),
    accessToken: accessTokenIn(contract, data.tokens),
  };
}

/** How far the session has come; it must not move under an attack. */
export async function generationOf(admin: Admin, { sessionId }: Target): Promise<string> {
  const { data } = await admin.GET('/sessions/{sessionId}', { params: { path: { sessionId } } });
  const session: unknown = data;
  return `generation ${String(at(session, 'generation'))}, revoked ${String(at(session, 'revokedAt'))}`;
}
