// refract serve and refract demo: the server, and calls with valid tokens to try it with.
import { once } from 'node:events';
import { resolve } from 'node:path';
import { RefractError } from '../../errors.ts';
import { adminTokenFile } from '../../app/admin-listener.ts';
import { logging, logUnserved } from '../../app/app.ts';
import { requireServed, withoutUnfit } from '../../app/contracts.ts';
import { databasePlace } from '../../app/open.ts';
import type { Refract } from '../../app/refract.ts';
import { settings, type Config, type SettingName } from '../../config.ts';
import { fullPath } from '../../http/example-call.ts';
import { originOf } from '../../http/listening.ts';
import { errorCodeOf, withSettings, type AddCommand, type Cli } from '../command.ts';
import { demoCalls, parseOnly, quote, type OnlyContract } from '../demo-calls.ts';
import { collectGarbage } from '../process.ts';

export const serve: AddCommand = (program, cli) => {
  const command = program
    .command('serve')
    .description('Starts the server')
    .option('--demo', 'print a ready-to-paste call with a valid token for every contract; on a loopback address only')
    .option('--only <contract>', 'serve one contract')
    .option('--at <path>', 'mount that contract at another base path, / included, as a drop-in for the original')
    .action(async ({ demo = false, ...flags }, command) => {
      const only = parseOnly(flags);
      const loaded = await cli.setUp(command, only?.contract);
      const setup = { ...loaded, ...(await withoutUnfit(loaded)) };
      const { config, unserved } = setup;
      requireServed(setup, only && [only.contract]);
      if (demo) requireLoopback(config.host);
      const { signal, stderr } = cli.context;
      const stopped = once(signal, 'abort');
      await cli.withRefract(
        setup,
        async (refract) => {
          const adminOrigin = await open(refract.listenAdmin, config, 'adminHost', 'adminPort');
          const origin = await open(() => refract.listen(only, { demo }), config, 'host', 'port');
          printStart(cli, refract, config, { origin, adminOrigin }, only);
          for (const { reason } of unserved) cli.print(`not served: ${reason.message}`);
          logUnserved(config, unserved, stderr);
          if (demo) await printDemo(cli, refract, config, origin, only);
          await collectGarbage();
          const failed = await Promise.race([
            signal.aborted ? undefined : stopped.then(() => undefined),
            refract.broken,
          ]);
          if (failed !== undefined) throw failed;
        },
        { ...logging(config, stderr), hasEngineThread: config.engineThread === 'on' },
      );
    });
  return withSettings(command, 'all');
};

export const demo: AddCommand = (program, { setUp, withRefract, print }) => {
  const command = program
    .command('demo')
    .description('Prints a ready-to-paste call with a valid token for every contract')
    .option('--only <contract>', 'the call of one contract')
    .option('--at <path>', 'the base path that serve --at mounts the contract at')
    .action(async (flags, command) => {
      const only = parseOnly(flags);
      const setup = await setUp(command, only?.contract);
      const { host, port } = setup.config;
      if (port === 0) throw new RefractError('usage', '--port must be the port that the server printed, not 0.');
      await withRefract(setup, async (refract) => {
        for (const line of await demoCalls(refract, originOf(host, port), only)) print(line);
      });
    });
  return withSettings(command, ['port', 'host', 'database', 'configFile']);
};

/** The terminal shows a demo session's tokens; they must not be valid for other machines. */
function requireLoopback(host: string): void {
  if (['127.0.0.1', '::1', 'localhost'].includes(host)) return;
  throw new RefractError('usage', `--demo prints valid tokens and needs a loopback address, not ${host}.`);
}

/** An unknown name, an address of another machine, or of a family that this machine lacks. */
const foreignAddressCodes: readonly string[] = ['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/** Opens a port. @throws RefractError `command` with the setting to change */
async function open(
  listen: () => Promise<string>,
  config: Config,
  hostName: 'host' | 'adminHost',
  portName: 'port' | 'adminPort',
): Promise<string> {
  try {
    return await listen();
  } catch (reason) {
    const code = errorCodeOf(reason);
    const [host, port] = [config[hostName], String(config[portName])];
    const problem =
      code === 'EADDRINUSE'
        ? `Port ${port} on ${host} is in use; stop that program, or choose another port with ${namesOf(portName)}`
        : code === 'EACCES'
          ? `This account may not listen on port ${port}; choose a port from 1024 up`
          : foreignAddressCodes.includes(code)
            ? `${host} is not an address of this machine; choose another with ${namesOf(hostName)}`
            : undefined;
    throw problem === undefined ? reason : new RefractError('command', `${problem}.`);
  }
}

/** The flag, if any, and the variable of a setting. */
function namesOf(name: SettingName): string {
  const { flag, variable } = settings[name];
  return flag === undefined ? variable : `${flag.replace(/ .*/, '')} or ${variable}`;
}

function printStart(
  { print }: Cli,
  { contracts }: Refract,
  config: Config,
  { origin, adminOrigin }: { readonly origin: string; readonly adminOrigin: string },
  only: OnlyContract | undefined,
): void {
  print(`Refract listens on ${origin} (sessions in ${databasePlace(config)})`);
  const token = config.adminToken === undefined ? ` (token in ${adminTokenFile(config)})` : '';
  print(`Operators administer it at ${adminOrigin}${token}`);
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

async function printDemo(
  { print }: Cli,
  refract: Refract,
  config: Config,
  origin: string,
  only?: OnlyContract,
): Promise<void> {
  print();
  print('A call with a valid token for each contract. To print new ones:');
  print(demoCommand(config, origin, only));
  for (const line of await demoCalls(refract, origin, only)) print(line);
}

/** `refract demo` with the options that make it find this server from any folder. */
function demoCommand({ host, database, configFile }: Config, origin: string, only: OnlyContract | undefined): string {
  const options = [
    ['--port', new URL(origin).port, settings.port.standard],
    ['--host', host, settings.host.standard],
    ['--db', database === settings.database.standard ? undefined : resolve(database)],
    ['--config', configFile === undefined ? undefined : resolve(configFile)],
    ['--only', only?.contract],
    ['--at', only?.at],
  ].flatMap(([option = '', value, standard]) => {
    if (value === undefined || value === standard) return [];
    return [option, /^[\w./:-]+$/.test(value) ? value : quote(value)];
  });
  // What tsc has built runs as an installed package, the sources run in the clone.
  const refract = import.meta.url.endsWith('.js') ? 'npx refract' : 'npm run -s refract --';
  return [refract, 'demo', ...options].join(' ');
}
