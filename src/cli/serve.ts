// refract serve: the server, until it is stopped.
import { once } from 'node:events';
import { resolve } from 'node:path';
import { RefractError } from '../errors.ts';
import { adminTokenFile } from '../app/admin-listener.ts';
import { logging } from '../app/app.ts';
import { databasePlace } from '../app/open.ts';
import type { Refract } from '../app/refract.ts';
import { settings, type Config } from '../config.ts';
import { fullPath } from '../http/example-call.ts';
import { demoCalls, onlyOf, quoted, type Only } from './calls.ts';
import { codeOf, withSettings, type AddCommand, type Cli } from './command.ts';

export const serve: AddCommand = (program, cli) =>
  withSettings(
    program
      .command('serve')
      .description('Starts the server')
      .option('--demo', 'print a ready-to-paste call with a valid token for every contract; on this machine alone')
      .option('--only <contract>', 'serve one contract')
      .option('--at <path>', 'mount that contract at another base path, / included, as a drop-in for the original')
      .action(async ({ demo = false, ...given }, command) => {
        const only = onlyOf(given);
        const setup = await cli.setUp(command, only?.contract);
        const { config } = setup;
        if (demo) refuseOtherHosts(config.host);
        const { signal, stderr } = cli.surroundings;
        const stopped = once(signal, 'abort');
        await cli.withRefract(
          setup,
          async (refract) => {
            const adminOrigin = await opened(refract.listenAdmin, config, 'admin');
            const origin = await opened(() => refract.listen(only, { demo }), config, 'public');
            printStart(cli, refract, config, { origin, adminOrigin }, only);
            if (demo) await printDemo(cli, refract, config, origin, only);
            await giveBackMemory();
            const broken = await Promise.race([
              signal.aborted ? undefined : stopped.then(() => undefined),
              refract.broken,
            ]);
            if (broken !== undefined) throw broken;
          },
          { ...logging(config, stderr), hasEngineThread: config.engineThread === 'on' },
        );
      }),
    ['port', 'host', 'adminPort', 'database', 'configFile', 'console'],
  );

/** Everyone at the terminal can read a demo session; it must not open a door to others. */
function refuseOtherHosts(host: string): void {
  if (['127.0.0.1', '::1', 'localhost'].includes(host)) return;
  throw new RefractError('usage', `--demo prints valid tokens and listens on this machine alone; ${host} is refused.`);
}

/** An unknown name, an address of another machine, or of a family that this machine lacks. */
const notOurs: readonly string[] = ['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/** Opens a port. @throws RefractError `command` with the setting to change */
async function opened(open: () => Promise<string>, config: Config, listener: 'public' | 'admin'): Promise<string> {
  try {
    return await open();
  } catch (reason) {
    const [host, port, hostSetting, portSetting] =
      listener === 'public'
        ? ([config.host, config.port, settings.host, settings.port] as const)
        : ([config.adminHost, config.adminPort, settings.adminHost, settings.adminPort] as const);
    const place = `port ${String(port)} on ${host}`;
    const code = codeOf(reason);
    if (code === 'EADDRINUSE') {
      throw new RefractError(
        'command',
        `Another program listens on ${place}; stop it, or choose another port with ${waysToSet(portSetting)}.`,
      );
    }
    if (code === 'EACCES') {
      throw new RefractError('command', `This account may not listen on ${place}; choose a port from 1024 up.`);
    }
    if (!notOurs.includes(code)) throw reason;
    throw new RefractError(
      'command',
      `${host} is not an address of this machine; choose another with ${waysToSet(hostSetting)}.`,
    );
  }
}

function waysToSet({ flag, variable }: { readonly flag?: string; readonly variable: string }): string {
  return flag === undefined ? variable : `${flag.replace(/ .*/, '')} or ${variable}`;
}

function printStart(
  { print }: Cli,
  { contracts }: Refract,
  config: Config,
  { origin, adminOrigin }: { readonly origin: string; readonly adminOrigin: string },
  only: Only | undefined,
): void {
  print(`Refract listens on ${origin} (sessions in ${databasePlace(config)})`);
  const kept = config.adminToken === undefined ? ` (token in ${adminTokenFile(config)})` : '';
  print(`Operators administrate it at ${adminOrigin}${kept}`);
  if (config.console === 'on') print(`Read and try every contract at ${origin}/`);
  print();
  const served = contracts.filter(({ name }) => only === undefined || name === only.contract);
  const width = Math.max(...served.map(({ name }) => name.length), 'contract'.length);
  print(`${'contract'.padEnd(width)}  method  URL`);
  for (const { name, document } of served) {
    for (const { method, path } of document.operations) {
      const url = origin + fullPath({ basePath: only?.at ?? document.basePath }, path);
      print(`${name.padEnd(width)}  ${method.toUpperCase().padEnd(6)}  ${url}`);
    }
  }
}

async function printDemo({ print }: Cli, refract: Refract, config: Config, origin: string, only?: Only): Promise<void> {
  print();
  print('A call with a valid token for each. New ones are printed by');
  print(demoCommand(config, origin, only));
  for (const line of await demoCalls(refract, origin, only)) print(line);
}

/** With all options that the command needs to find this server, from any folder. */
function demoCommand({ host, database, configFile }: Config, origin: string, only: Only | undefined): string {
  const given = [
    ['--port', new URL(origin).port, settings.port.standard],
    ['--host', host, settings.host.standard],
    ['--db', database === settings.database.standard ? undefined : resolve(database)],
    ['--config', configFile === undefined ? undefined : resolve(configFile)],
    ['--only', only?.contract],
    ['--at', only?.at],
  ].flatMap(([option = '', value, standard]) => {
    if (value === undefined || value === standard) return [];
    return [option, /^[\w./:-]+$/.test(value) ? value : quoted(value)];
  });
  // What tsc has built is run as an installed package, the sources from the clone.
  const refract = import.meta.url.endsWith('.js') ? 'npx refract' : 'npm run -s refract --';
  return [refract, 'demo', ...given].join(' ');
}

/**
 * Collects garbage once, which takes about 50 ms. Loading leaves a third of the memory behind; V8 by itself would keep it
 * until enough garbage comes together, which on a quiet server is never.
 */
export async function giveBackMemory(): Promise<void> {
  try {
    // By the inspector, in this process alone: no port is opened, and no flag of V8 is changed while it runs.
    const { Session } = await import('node:inspector/promises');
    const session = new Session();
    session.connect();
    await session.post('HeapProfiler.collectGarbage');
    session.disconnect();
  } catch {
    // Node may be built without an inspector, or not permitted to use it (`--permission`); nothing depends on it.
  }
}
