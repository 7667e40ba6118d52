// Checks of the machine: permissions of files, disk space, and whether the ports are free.
import { accessSync, constants, existsSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname, resolve } from 'node:path';
import { settings, type Config } from '../../config.ts';
import { originOf } from '../../http/listening.ts';
import { errorCodeOf } from '../command.ts';
import { failure, report, warning, type Finding, type Problem } from './finding.ts';

/** @param secrets files of secrets in use; the code that reads them checks their mode */
export function checkPermissions(config: Config, secrets: readonly string[]): readonly Finding[] {
  const { configFile, database, databaseUrl } = config;
  return report('permissions', 'only this account can read and write the files', [
    // Other accounts may read a file without secrets, but not write it: it names all other files.
    ...(configFile === undefined ? [] : checkConfigFile(configFile)),
    ...(databaseUrl === undefined ? checkDatabaseFile(database) : []),
    ...secrets.filter((file) => existsSync(file)).flatMap(checkAccount),
  ]);
}

/** An account that writes the file chooses the database, and so which users are signed in. */
function checkConfigFile(file: string): readonly Problem[] {
  const isOpen = statSync(file).isFile() && (statSync(file).mode & 0o022) !== 0;
  return [
    ...(isOpen ? [failure(`${file} can be written by others; run: chmod go-w ${file}`)] : []),
    ...checkReplaceable(dirname(resolve(file))),
  ];
}

function checkDatabaseFile(database: string): readonly Problem[] {
  // SQLite creates its log beside the file that a link leads to.
  const real = existsSync(database) ? realpathSync(database) : database;
  const folder = dirname(resolve(real));
  if (!existsSync(folder)) return [warning(`The folder ${folder} does not exist; the first start creates it.`)];
  // Without advice on its mode: changing a folder's or a device's would lock other programs out.
  if (existsSync(real) && !statSync(real).isFile()) return [failure(`${database} is not a file; name one.`)];
  const files = [database, `${real}-wal`, `${real}-shm`].filter((file) => existsSync(file));
  const open = files.filter((file) => (statSync(file).mode & 0o077) !== 0);
  const isWritable = isAllowed(folder, constants.W_OK | constants.X_OK);
  return [
    ...checkReplaceable(folder),
    ...(isWritable ? [] : [failure(`This account cannot write in ${folder}; give the folder to it.`)]),
    ...open.map((file) => failure(`${file} is open to others; run: chmod 600 ${file}`)),
    ...files.flatMap(checkAccount),
  ];
}

function checkReplaceable(folder: string): readonly Problem[] {
  const { mode } = statSync(folder);
  // In a folder with the sticky bit only the owner of a file can replace it.
  if ((mode & 0o1000) !== 0 || (mode & 0o022) === 0) return [];
  return [failure(`Others can replace the files in ${folder}; run: chmod go-w ${folder}`)];
}

function checkAccount(file: string): readonly Problem[] {
  const { uid } = statSync(file);
  const own = process.getuid?.() ?? uid;
  const isUsable = isAllowed(file, constants.R_OK | constants.W_OK);
  const foreign = `${file} belongs to account ${String(uid)}, and this is ${String(own)}; run as the server's account.`;
  return [
    ...(isUsable ? [] : [failure(`This account cannot read and write ${file}; give the file to it.`)]),
    ...(uid === own ? [] : [warning(foreign)]),
  ];
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

const mebibyte = 1_048_576;

/** A backup or a restore needs the size of the database once more, and the log may grow to that size. */
export function checkDiskSpace(database: string): readonly Finding[] {
  const size = existsSync(database) ? statSync(database).size : 0;
  const { bavail, bsize } = statfsSync(existingFolder(dirname(resolve(database))));
  const free = bavail * bsize;
  const space = `${String(Math.floor(free / mebibyte))} MiB free, the database has ${String(Math.ceil(size / mebibyte))} MiB`;
  const advised = `${space}; free some space.`;
  const problems =
    free < 64 * mebibyte ? [failure(advised)] : free < 256 * mebibyte + 2 * size ? [warning(advised)] : [];
  return report('disk space', space, problems);
}

function existingFolder(folder: string): string {
  return existsSync(folder) ? folder : existingFolder(dirname(folder));
}

/** Addresses that stand for every address of the machine, each with the one to connect to instead. */
const wildcards = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

export async function checkPorts(config: Config): Promise<readonly Finding[]> {
  const { host, port, adminHost, adminPort } = config;
  const isSharedHost = adminHost === host || wildcards.has(adminHost) || wildcards.has(host);
  const isShared = adminPort !== 0 && adminPort === port && isSharedHost;
  const both = `${settings.port.variable} and ${settings.adminPort.variable} are both ${String(port)}`;
  return [
    ...(await checkListener('port', config, 'host', 'port')),
    ...(isShared
      ? report('admin port', '', [failure(`${both}; choose different ports.`)])
      : await checkListener('admin port', config, 'adminHost', 'adminPort')),
  ];
}

async function checkListener(
  check: string,
  config: Config,
  hostName: 'host' | 'adminHost',
  portName: 'port' | 'adminPort',
): Promise<readonly Finding[]> {
  const [host, port] = [config[hostName], config[portName]];
  const [hostVariable, portVariable] = [settings[hostName].variable, settings[portName].variable];
  if (port === 0) return report(check, 'a start takes a free port');
  const fail = (sentence: string): readonly Finding[] => report(check, '', [failure(sentence)]);
  if (!mayBeLocal(host)) return fail(`${host} is not an address of this machine; choose it with ${hostVariable}.`);
  const origin = originOf(wildcards.get(host) ?? host, port);
  const result = await probe(`${origin}/healthz`);
  if (result === 'ok') return report(check, `a Refract server listens on ${origin}`);
  if (result === 'ECONNREFUSED') return report(check, `port ${String(port)} on ${host} is free`);
  if (['EADDRNOTAVAIL', 'ENETUNREACH', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'timeout'].includes(result)) {
    return fail(`${host} cannot be reached; set ${hostVariable} to an address of this machine.`);
  }
  const advice = `stop that program, or choose another port with ${portVariable}`;
  return fail(`Port ${String(port)} on ${host} is in use; ${advice}.`);
}

/** The system looks up a name. */
function mayBeLocal(host: string): boolean {
  if (isIP(host) === 0 || wildcards.has(host) || host.startsWith('127.')) return true;
  const known = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));
  return known.some((address) => originOf(address, 0) === originOf(host, 0));
}

/** A response from the same machine takes a few milliseconds. */
const probeTimeoutMs = 2_000;

/** `ok` for the response of a Refract server, the code of the system's error, `timeout` or `other`. */
function probe(url: string): Promise<string> {
  return new Promise((resolve) => {
    const sent = request(url, { agent: false, timeout: probeTimeoutMs }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
        // Refract's body is shorter.
        if (body.length > 16) response.destroy();
      });
      response.on('close', () => {
        resolve(response.statusCode === 200 && body.trim() === 'ok' ? 'ok' : 'other');
      });
    });
    sent.on('timeout', () => {
      resolve('timeout');
      sent.destroy();
    });
    sent.on('error', (reason) => {
      resolve(errorCodeOf(reason));
    });
    sent.end();
  });
}
