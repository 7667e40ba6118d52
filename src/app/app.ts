// The composition root. Only this folder imports from all others.
import { createAdministration } from '../admin/administration.ts';
import { createBulkImport } from '../admin/bulk-import.ts';
import { introspect } from '../admin/introspection.ts';
import type { SubjectStore } from '../admin/ports.ts';
import { checkSubject } from '../admin/subject-details.ts';
import type { Config } from '../config.ts';
import { titleOf } from '../console/facts.ts';
import { createLog, type LogOutput } from '../observe/log.ts';
import { createMeter, type Meter } from '../observe/outcomes.ts';
import { createAdminListener } from './admin-listener.ts';
import type { AdminPagesParts } from './admin-pages.ts';
import {
  createContractSet,
  isAdmin,
  liveCall,
  withSettings,
  type ContractSet,
  type LoadedContract,
  type UnservedContract,
} from './contracts.ts';
import { openEngines, type Engines } from './engines.ts';
import { createLifecycle } from './lifecycle.ts';
import { createPublicListener } from './public-listener.ts';
import type { ComposeOptions, Refract } from './refract.ts';

/**
 * Creates all parts except the keys and the ports. Keys are opened for the first session or port, so that a command that
 * only lists or revokes sessions needs no master secret and creates none.
 * @throws RefractError that `isForeseen`, like `issue` and `listen`
 */
export async function compose(
  config: Config,
  loaded: readonly LoadedContract[],
  options: ComposeOptions = {},
): Promise<Refract> {
  const contracts = createContractSet(withSettings(config, loaded));
  const lifecycle = createLifecycle();
  const meter = createMeter();
  const engines = await openEngines({ settings: config, contracts: contracts.all(), meter, lifecycle, options });
  const operations = createOperations(contracts, engines);
  const publicListener = createPublicListener({
    ...{ settings: config, contracts, engines, lifecycle, options, issueDemo: operations.issueDemo },
  });
  const adminListener = createAdminListener({
    ...{ settings: config, lifecycle, options, ...operations },
    pages: async () => ({
      ...(await adminPagesParts(contracts, engines, meter)),
      mockOrigin: config.mockOrigin,
      phase: lifecycle.phase,
      reloadTrouble: publicListener.reloadTrouble,
    }),
    observe: (event) => {
      meter.onAdminEvent(event);
      options.onHttpEvent?.(event);
    },
  });
  return {
    ...operations,
    contracts: contracts.all(),
    listen: publicListener.listen,
    listenAdmin: adminListener.listen,
    replaceDocument: async (document) => (isAdmin(document) ? adminListener : publicListener).replace(document),
    broken: engines.broken,
    close: lifecycle.close,
  };
}

type Operations = Pick<
  Refract,
  'store' | 'issue' | 'issueDemo' | 'shapeOf' | 'callOf' | 'administration' | 'bulkImport' | 'introspect'
>;

/** The operations of commands, operators and embedding programs. */
function createOperations(contracts: ContractSet, { store, keys, engineOf, auditor }: Engines): Operations {
  const settings = new Map(contracts.all().map(({ name, settings: own }) => [name, own]));
  const issue: Refract['issue'] = async (name, subjectId, label) =>
    (await engineOf(contracts.find(name))).issue(subjectId, label);
  const introspectedContracts = contracts.all().map(({ name, contract: { profile }, settings: { gracePeriod } }) => ({
    ...{ name, gracePeriod },
    refreshStrings: profile.refreshStrings,
  }));
  return {
    store: {
      ...store,
      putSubject: async (id, details) => {
        checkSubject(id, details);
        return store.putSubject(id, details);
      },
    },
    issue,
    issueDemo: async (name) => {
      const subjectId = await putDemoSubject(store);
      const issued = await issue(name, subjectId, 'demo');
      if (issued.kind === 'issued') {
        const sessionId = issued.session.id;
        await auditor.record({ type: 'issued', contract: name, subjectId, sessionId, actor: 'demo' });
      }
      return issued;
    },
    shapeOf: (name, { grant }) => contracts.find(name).contract.issued(grant),
    callOf: (name, token, at) => liveCall(contracts.find(name), token, at),
    administration: createAdministration({
      ...{ store, contracts: settings, issue, record: auditor.record },
      keys: async () => (await keys()).keys,
    }),
    bulkImport: createBulkImport({ store, contracts: settings, signer: keys, record: auditor.record }),
    introspect: async (token) => introspect({ signer: await keys(), store, contracts: introspectedContracts }, token),
  };
}

const demoSubject = 'demo';

/** Adds the subject of demo sessions, or enables it. */
async function putDemoSubject(subjects: SubjectStore): Promise<string> {
  const known = await subjects.readSubject(demoSubject);
  if (known === undefined || known.deletedAt !== undefined) {
    const details = { email: 'demo@example.com', account: 'demo@refract', role: 'ROLE_USER' };
    await subjects.putSubject(demoSubject, details);
  }
  if (known?.disabledAt !== undefined) await subjects.enableSubject(demoSubject);
  return demoSubject;
}

type OwnPagesParts = Omit<AdminPagesParts, 'mockOrigin' | 'phase' | 'reloadTrouble'>;

async function adminPagesParts(contracts: ContractSet, engines: Engines, meter: Meter): Promise<OwnPagesParts> {
  const { store, pool, auditor, keys, measure } = engines;
  return {
    contracts: contracts.all().map(({ name, document }) => ({ name, title: titleOf(document.document) })),
    ...{ store, pool, lost: auditor.lost, signer: await keys() },
    meter: {
      start: (...observers) => {
        measure();
        meter.start(...observers);
      },
    },
  };
}

/** Returns options that log events of the configured level or above. @param output standard error by default */
export function logging({ logLevel }: Pick<Config, 'logLevel'>, output?: LogOutput): ComposeOptions {
  const log = createLog(logLevel, output);
  return { onEngineEvent: log, onHttpEvent: log, onPurgeEvent: log, onImportEvent: log };
}

/** Logs one event for each document that is not served. @param output standard error by default */
export function logUnserved(
  { logLevel }: Pick<Config, 'logLevel'>,
  unserved: readonly UnservedContract[],
  output?: LogOutput,
): void {
  const log = createLog(logLevel, output);
  for (const { name, reason } of unserved) {
    const event = { type: 'contract_unserved', contract: name, reason: reason.message } as const;
    log(event);
  }
}
