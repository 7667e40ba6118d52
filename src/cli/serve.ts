// refract serve: the server, until it is told to stop.
import { RefractError } from '../errors.ts';
import { adminTokenFile, databasePlace, fullPath, logging, type Refract } from '../app/app.ts';
import { settings } from '../config.ts';
import { resolve } from 'node:path';
import { printDemoCalls, quoted } from './calls.ts';
import {
  checkContract,
  commonFlags,
  commonOptions,
  parse,
  print,
  setUp,
  withRefract,
  type Command,
  type Setup,
} from './command.ts';
import { giveBackMemory } from './give-back.ts';
import { onlyFlags, onlyOf, type Only } from './only.ts';
import { stopSignal } from './stop-signal.ts';

export const serve: Command = {
  usage:
    'serve [--port PORT] [--host HOST] [--admin-port PORT] [--db FILE] [--config FILE] [--demo] [--no-console] [--only CONTRACT [--at PATH]]',
  summary: 'Starts the server',
  options: [
    ['--port PORT', 'TCP port (PORT; default 8080; 0 takes a free one)'],
    ['--host HOST', 'address to listen on (REFRACT_HOST; default 127.0.0.1)'],
    ['--admin-port PORT', 'TCP port of the admin listener (REFRACT_ADMIN_PORT; default 8081)'],
    ...commonOptions,
    ['--demo', 'print a ready-to-paste call with a live token for every contract; on this machine alone'],
    ['--no-console', 'show no console (REFRACT_CONSOLE=off)'],
    ['--only CONTRACT', 'serve one contract'],
    ['--at PATH', 'mount that contract at another base path, / included, as a drop-in for the original'],
  ],
  run: async (rest) => {
    const { values } = parse(rest, {
      port: { type: 'string' },
      host: { type: 'string' },
      'admin-port': { type: 'string' },
      ...commonFlags,
      demo: { type: 'boolean' },
      'no-console': { type: 'boolean' },
      ...onlyFlags,
    });
    const only = onlyOf(values);
    const console = values['no-console'] === true ? 'off' : undefined;
    const { port, host, 'admin-port': adminPort, db: database, config: configFile } = values;
    const setup = await setUp({ configFile, port, host, adminPort, database, console });
    checkContract(setup, only?.contract);
    if (values.demo === true) refuseOtherHosts(setup.config.host);
    const stop = stopSignal();
    await withRefract(
      setup,
      async (refract) => {
        const isDemo = values.demo === true;
        const places = placesOf(setup.config);
        const adminOrigin = await opened(refract.listenAdmin, places.admin);
        const origin = await opened(() => refract.listen(only, { demo: isDemo }), places.public);
        await printStart(refract, setup, { origin, adminOrigin }, only, isDemo);
        await giveBackMemory();
        const broken = await Promise.race([stop, refract.broken]);
        if (broken !== undefined) throw broken;
      },
      { ...logging(setup.config), isApart: setup.config.engineThread === 'on' },
    );
  },
};

/** Demo sessions are printed where anyone at the terminal can read them; they must not open a door to others. */
function refuseOtherHosts(host: string): void {
  if (['127.0.0.1', '::1', 'localhost'].includes(host)) return;
  throw new RefractError('usage', `--demo prints live tokens and listens on this machine alone; ${host} is refused.`);
}

/** No such name, none that can be asked for now, an address of another machine, or of a family that this one has not. */
const notOurs: readonly string[] = ['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/** Opens a port. @param place its settings, and how they are changed */
async function opened(open: () => Promise<string>, place: Place): Promise<string> {
  try {
    return await open();
  } catch (reason) {
    const code = reason instanceof Error && 'code' in reason ? reason.code : undefined;
    const { port, host, portOption, hostOption } = place;
    if (code === 'EADDRINUSE') {
      throw new RefractError(
        'command',
        `Another program listens on port ${String(port)} on ${host}; stop it, or choose another port with ${portOption}.`,
      );
    }
    if (code === 'EACCES') {
      throw new RefractError(
        'command',
        `This account may not listen on port ${String(port)} on ${host}; choose a port from 1024 up.`,
      );
    }
    if (typeof code === 'string' && notOurs.includes(code)) {
      throw new RefractError(
        'command',
        `${host} is not an address of this machine; choose another with ${hostOption}.`,
      );
    }
    throw reason;
  }
}

interface Place {
  readonly port: number;
  readonly host: string;
  readonly portOption: string;
  readonly hostOption: string;
}

function placesOf({ port, host, adminPort, adminHost }: Setup['config']): {
  readonly public: Place;
  readonly admin: Place;
} {
  return {
    public: { port, host, portOption: '--port or PORT', hostOption: '--host' },
    admin: {
      port: adminPort,
      host: adminHost,
      portOption: '--admin-port or REFRACT_ADMIN_PORT',
      hostOption: 'REFRACT_ADMIN_HOST',
    },
  };
}

async function printStart(
  refract: Refract,
  { config }: Setup,
  { origin, adminOrigin }: { readonly origin: string; readonly adminOrigin: string },
  only: Only | undefined,
  isDemo: boolean,
): Promise<void> {
  const contracts = refract.contracts.filter(({ name }) => only === undefined || name === only.contract);
  print(`Refract listens on ${origin} (sessions in ${databasePlace(config)})`);
  const kept = config.adminToken === undefined ? ` (token in ${adminTokenFile(config)})` : '';
  print(`Operators administrate it at ${adminOrigin}${kept}`);
  if (config.console === 'on') print(`Read and try every contract at ${origin}/`);
  print();
  const width = Math.max(...contracts.map(({ name }) => name.length), 'contract'.length);
  print(`${'contract'.padEnd(width)}  method  URL`);
  for (const { name, document } of contracts) {
    for (const { method, path } of document.operations) {
      const url = origin + fullPath({ basePath: only?.at ?? document.basePath }, path);
      print(`${name.padEnd(width)}  ${method.toUpperCase().padEnd(6)}  ${url}`);
    }
  }
  if (!isDemo) return;
  print();
  print('A call with a live token for each. New ones are printed by');
  print(demoCommand(config, origin, only));
  await printDemoCalls(refract, origin, only);
}

/** With what the command has to be told to find this server, from any folder. */
function demoCommand({ host, database, configFile }: Setup['config'], origin: string, only: Only | undefined): string {
  const given = [
    ['--port', new URL(origin).port, settings.port.standard],
    ['--host', host, settings.host.standard],
    ['--db', database, settings.database.standard],
    ['--config', configFile],
    ['--only', only?.contract],
    ['--at', only?.at],
  ].flatMap(([option = '', value, standard]) => {
    if (value === undefined || value === standard) return [];
    const word = ['--db', '--config'].includes(option) ? resolve(value) : value;
    return [option, /^[\w./:-]+$/.test(word) ? word : quoted(word)];
  });
  // What tsc has built is run as an installed package, the sources from the clone.
  const refract = import.meta.url.endsWith('.js') ? 'npx refract' : 'npm run -s refract --';
  return [refract, 'demo', ...given].join(' ');
}
