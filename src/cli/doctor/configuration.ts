// Settings that fit one by one, and not together.
import type { ServedContract } from '../../app/app.ts';
import type { Config } from '../../config.ts';
import { wellUnless, type Finding } from './finding.ts';

export function checkConfiguration(config: Config, contracts: readonly ServedContract[]): readonly Finding[] {
  const contradictions = [...ofTheServer(config), ...contracts.flatMap(ofAContract)];
  return wellUnless(
    'configuration',
    'every setting exists and fits',
    contradictions.map((sentence) => ({ level: 'warn', sentence })),
  );
}

/** Where the settings came from; by name, since a value may be a secret. */
export function sourceOf({ configFile, fromFile }: Config): Finding {
  const names = (wanted: boolean): string =>
    [...fromFile]
      .flatMap(([name, { isOverruled }]) => (isOverruled === wanted ? [name] : []))
      .sort()
      .join(', ');
  const overruled = names(true);
  const sentence =
    configFile === undefined
      ? 'from the environment and the command line alone; no file is named by --config or REFRACT_CONFIG'
      : `from ${configFile}: ${names(false) || 'none'}${overruled && `; given elsewhere, which wins: ${overruled}`}`;
  return { level: 'ok', check: 'settings', sentence };
}

function ofTheServer(config: Config): readonly string[] {
  const { masterSecret, masterSecretFile, previousMasterSecret, headerTimeout, requestTimeout } = config;
  const isLocal = isOfThisMachine(config.host);
  return [
    ...unless(
      masterSecret === undefined || masterSecretFile === undefined,
      'REFRACT_MASTER_SECRET wins over REFRACT_MASTER_SECRET_FILE; give one of them.',
    ),
    ...unless(
      previousMasterSecret === undefined || previousMasterSecret !== masterSecret,
      'REFRACT_PREVIOUS_MASTER_SECRET is the present master secret; leave it out.',
    ),
    ...unless(
      headerTimeout <= requestTimeout,
      'REFRACT_HEADER_TIMEOUT is longer than REFRACT_REQUEST_TIMEOUT, which ends such a request first.',
    ),
    ...unless(
      config.failureLimit === 0 || !isLocal,
      `REFRACT_FAILURE_LIMIT counts by address, and on ${config.host} all that come through a proxy have the same; set it to 0 there.`,
    ),
    ...unless(
      isLocal,
      `The server answers on ${config.host} without TLS; see that only a proxy with TLS can reach it, or set REFRACT_HOST to 127.0.0.1.`,
    ),
    ...unless(
      isOfThisMachine(config.adminHost),
      `The admin listener answers on ${config.adminHost} without TLS, and its pages to whoever reaches it; see that only a proxy with TLS or a private network can, or set REFRACT_ADMIN_HOST to 127.0.0.1.`,
    ),
  ];
}

function isOfThisMachine(host: string): boolean {
  return ['127.0.0.1', '::1', 'localhost'].includes(host);
}

function ofAContract({ name, settings }: ServedContract): readonly string[] {
  const { accessLifetime, refreshLifetime, sessionLifetime } = settings;
  return [
    ...unless(
      accessLifetime <= refreshLifetime,
      `${name}: access tokens (${String(accessLifetime)} s) outlive refresh tokens (${String(refreshLifetime)} s), so that none can be refreshed when it has run out.`,
    ),
    ...unless(
      refreshLifetime <= sessionLifetime,
      `${name}: refresh tokens (${String(refreshLifetime)} s) would outlive their session (${String(sessionLifetime)} s) and are cut short by it.`,
    ),
  ];
}

function unless(isWell: boolean, sentence: string): readonly string[] {
  return isWell ? [] : [sentence];
}
