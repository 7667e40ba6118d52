// The composition root: configuration → store, signer, engines, contracts, server. The only module that knows them all.
import { createAdministration } from '../admin/administration.ts';
import { createBulkImport } from '../admin/bulk-import.ts';
import { prepareAdminListener, type AdminListener } from './admin-listener.ts';
import { startEngineThread } from './thread/engine-thread.ts';
import type { ThreadData } from './thread/protocol.ts';
import { followKeys } from '../signer/follow-keys.ts';
import { createIntrospect } from './introspecting.ts';
import { liveCall } from './live-call.ts';
import { findContract, isAdmin, withSettings, type LoadedContract, type ServedContract } from './contracts.ts';
import { createMeasuring } from '../observe/measuring.ts';
import { openSigner } from './open-signer.ts';
import { openStore } from './open.ts';
import { createPublicListener } from './public-listener.ts';
import type { Phase } from '../observe/readiness.ts';
import type { ComposeOptions, Refract } from './refract.ts';
import { sessionLimitOf } from './session-limit.ts';
import { readConfig, type Config } from '../config.ts';
import { titleOf } from '../console/start-page.ts';
import { putDemoSubject } from './demo-subject.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { checkSubject } from '../admin/subject-details.ts';
import type { EngineEvent } from '../engine/ports.ts';
import { startPurging } from '../admin/purging.ts';
import type { HttpServer } from '../http/server.ts';
import type { HttpEvent } from '../http/types.ts';
import { createAuditor } from '../observe/audit.ts';
import { createLog, type LogOutput } from '../observe/log.ts';
import type { PublishingSigner } from '../signer/signer.ts';

export type { Administration } from '../admin/administration.ts';
export type { ImportSummary } from '../admin/bulk-import.ts';
export { auditEventTypes } from '../admin/audit-event-types.ts';
export type { Session, Subject } from '../engine/session.ts';
export type { ExampleCall } from '../http/example-call.ts';
export type { Issued } from '../engine/engine.ts';
export type { ComposeOptions, Refract } from './refract.ts';
export { adminTokenFile, inspectAdminTokens } from './admin-listener.ts';
export { copyDatabase, type CopyAddress } from '../store/copy/copying.ts';
export { isForeseen, isRefused, isUnavailable } from './errors.ts';
export { algorithmsOf, masterSecretOf } from './open-signer.ts';
export { databasePlace } from './open.ts';
export {
  checkReplies,
  findContract,
  loadContracts,
  withSettings,
  type LoadedContract,
  type ServedContract,
} from './contracts.ts';
export { keptAfterEnd, purgeAll, purgeBatch } from '../admin/purging.ts';
export { inspectKeySets } from '../signer/inspect.ts';
export { inspectDatabase, type Inspection } from '../store/sqlite/inspect.ts';
export type { PostgresInspection } from '../store/postgres/inspect.ts';
export { inspectPostgres } from './open.ts';
export { backUp } from '../store/sqlite/backup.ts';
export { restore, type Comparison, type Restored } from '../store/sqlite/restore.ts';
export { fullPath } from '../http/example-call.ts';
export { originOf } from '../http/listening.ts';

/**
 * Puts everything together but the keys and the port: keys are opened for the first session or the port, so that
 * whoever only ends or lists sessions needs no master secret, and makes none.
 * @throws what `isForeseen` knows, with one sentence; so do `issue` and `listen`
 */
export async function compose(
  config: Config,
  contracts: readonly LoadedContract[],
  options: ComposeOptions = {},
): Promise<Refract> {
  let served = withSettings(config, contracts);
  const measuring = createMeasuring();
  const onEngineEvent = (event: EngineEvent): void => {
    auditor.onEngineEvent(event);
    measuring.onEngineEvent(event);
    options.onEngineEvent?.(event);
  };
  const isApart = options.isApart === true && config.databaseUrl === undefined;
  const { promise: broken, resolve: onBroken } = Promise.withResolvers<Error>();
  const thread = isApart
    ? await startBeside(threadData(config, served), { ...measuring, onEngineEvent, onBroken })
    : undefined;
  const { store: opened, pool } = thread ?? (await openStore(config, options.clock, measuring.onCommit));
  const wrapped = options.wrapStore?.(opened) ?? opened;
  // The thread measures its own.
  const store = thread === undefined ? measuring.measuredStore(wrapped) : wrapped;
  const auditor = createAuditor(store);
  const sessionLimit = sessionLimitOf(config.sessionLimit);
  let phase: Phase = 'starting';
  let adminListener: AdminListener | undefined;
  let reloadTrouble = (): string | undefined => undefined;
  // Operators see to the end how it goes, and what was told is written down before the store goes.
  const closing: Record<'contracts' | 'admin' | 'store', Refract['close'][]> = {
    contracts: [async () => publicServer?.close()],
    admin: [],
    store: [async () => thread?.settled(), auditor.flush, store.close, async () => sessionLimit?.stop()],
  };
  let signer: Promise<PublishingSigner> | undefined;
  const keys = (): Promise<PublishingSigner> =>
    (signer ??= openSigner(config, served, store, onReloaded).then((own) =>
      measuring.measuredSigner(options.wrapSigner?.(own) ?? own),
    ));
  const onReloaded = async (): Promise<void> => {
    await thread?.reloadKeys();
  };

  const find = (name: string): ServedContract => findContract(served, name);
  const engineOf = async ({ name, contract, settings }: ServedContract): Promise<Engine> =>
    createEngine({
      contract: name,
      profile: contract.profile,
      settings,
      store,
      signer: await keys(),
      ...(sessionLimit && { limit: sessionLimit.count }),
      emit: onEngineEvent,
    });

  const issue: Refract['issue'] = async (name, subjectId, label) =>
    (await engineOf(find(name))).issue(subjectId, label);
  const issueDemo: Refract['issueDemo'] = async (name) => {
    const subjectId = await putDemoSubject(store);
    const issued = await issue(name, subjectId, 'demo');
    if (issued.kind === 'issued') {
      await auditor.record({ type: 'issued', contract: name, subjectId, sessionId: issued.session.id, actor: 'demo' });
    }
    return issued;
  };
  const callOf: Refract['callOf'] = (name, token, at) => liveCall(find(name), token, at);
  const shapeOf: Refract['shapeOf'] = (name, { grant }) => find(name).contract.issued(grant);
  const settingsByName = new Map(served.map(({ name, settings }) => [name, settings]));
  const administration = createAdministration({
    store,
    contracts: settingsByName,
    issue,
    keys: async () => (await keys()).keys,
    record: auditor.record,
  });
  const bulkImport = createBulkImport({ store, contracts: settingsByName, signer: keys, record: auditor.record });
  const onHttpEvent = (event: HttpEvent): void => {
    auditor.onAnswered(event);
    measuring.onHttpEvent(event);
    options.onHttpEvent?.(event);
  };
  const introspect = createIntrospect(served, store, keys);
  let publicServer: HttpServer | undefined;
  const publicListener = createPublicListener({
    config,
    find,
    keys,
    refreshOf: async (one) => {
      if (thread === undefined) return (await engineOf(one)).refresh;
      return (token, requestId) => thread.refresh(one.name, token, requestId);
    },
    issueDemo,
    observe: onHttpEvent,
  });
  return {
    contracts: served,
    store: {
      ...store,
      putSubject: async (id, details) => {
        checkSubject(id, details);
        return store.putSubject(id, details);
      },
    },
    issue,
    issueDemo,
    shapeOf,
    callOf,
    administration,
    bulkImport,
    introspect,
    listen: async (only, offer) => {
      const listened = only === undefined ? served : [find(only.contract)];
      await keys();
      await thread?.openKeys();
      const server = await publicListener.prepare(listened, only?.at, offer);
      const followed = followKeys(await keys(), store.watchKeySets, options.onEngineEvent);
      reloadTrouble = followed.trouble;
      closing.contracts.push(followed.stop);
      publicServer = server;
      await options.beforeOpening?.();
      const origin = await server.listen(config.port, config.host);
      closing.contracts.push(
        startPurging(store, config.purgeInterval, config.auditRetention, options.onPurgeEvent ?? (() => undefined)),
      );
      phase = 'serving';
      return origin;
    },
    listenAdmin: async () => {
      const server = await prepareAdminListener({
        config,
        administration,
        bulkImport,
        clock: options.clock ?? (() => Math.floor(Date.now() / 1000)),
        onImportEvent: options.onImportEvent ?? (() => undefined),
        shapeOf,
        introspect,
        pages: {
          contracts: served.map(({ name, document }) => ({ name, title: titleOf(document.document) })),
          store,
          signer: await keys(),
          reloadTrouble: () => reloadTrouble(),
          phase: () => phase,
          measuring: {
            ...measuring,
            begin: (...told) => {
              thread?.measure();
              measuring.begin(...told);
            },
          },
          pool,
          lost: auditor.lost,
          mockOrigin: config.mockOrigin,
        },
        observe: (event) => {
          measuring.onAdminEvent(event);
          options.onHttpEvent?.(event);
        },
      });
      closing.admin.push(server.close);
      adminListener = server;
      await options.beforeOpening?.();
      return server.listen(config.adminPort, config.adminHost);
    },
    replaceDocument: async (document) => {
      if (isAdmin(document)) return adminListener?.replace(document);
      await publicListener.replace(document);
      served = served.map((one) => (one.name === document.name ? { ...one, document } : one));
    },
    broken,
    close: async () => {
      phase = 'stopping';
      // Each of them may have to wait for a store that is away, so they wait together; the store is closed last.
      await Promise.all(closing.contracts.splice(0).map((close) => close()));
      await Promise.all(closing.admin.splice(0).map((close) => close()));
      for (const close of closing.store.splice(0)) await close();
    },
  };
}

/** Options that write what happens to standard error, or to `output`, from the configured level up. */
export function logging({ logLevel }: Config, output?: LogOutput): ComposeOptions {
  const log = createLog(logLevel, output);
  return { onEngineEvent: log, onHttpEvent: log, onPurgeEvent: log, onImportEvent: log };
}

/** The configuration of this process. @throws ConfigError with one sentence */
export function configFor(contracts: readonly LoadedContract[], flags: Parameters<typeof readConfig>[1]): Config {
  return readConfig(
    contracts.map(({ name }) => name),
    flags,
    process.env,
  );
}

/** Meanwhile this thread loads what it will need: most of a start is that. */
async function startBeside(...given: Parameters<typeof startEngineThread>): ReturnType<typeof startEngineThread> {
  const [thread] = await Promise.all([startEngineThread(...given), import('../http/server.ts')]);
  return thread;
}

function threadData(config: Config, served: readonly ServedContract[]): ThreadData {
  return { config, contracts: served.map(({ name, document: { file }, settings }) => ({ name, file, settings })) };
}
