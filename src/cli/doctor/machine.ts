// The machine: who can read and write the files, whether there is room for more, and whether the ports are free.
import { accessSync, constants, existsSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname, resolve } from 'node:path';
import { settings, type Config } from '../../config.ts';
import { originOf } from '../../http/listening.ts';
import { codeOf } from '../command.ts';
import { failure, ok, warning, wellUnless, type Finding, type Found } from './finding.ts';

/** @param secrets files of secrets in use; the code that reads them checks that no other account can */
export function checkPermissions(config: Config, secrets: readonly string[]): readonly Finding[] {
  const { configFile, database, databaseUrl } = config;
  return wellUnless('permissions', 'the files are for this account alone', [
    // Without a secret in it others may read it, but it says where everything else is.
    ...(configFile === undefined ? [] : openToWriting(configFile)),
    ...(databaseUrl === undefined ? ofDatabaseFile(database) : []),
    ...secrets.filter((file) => existsSync(file)).flatMap(ofFile),
  ]);
}

function ofDatabaseFile(database: string): readonly Found[] {
  // SQLite has its log beside the file that a link leads to.
  const real = existsSync(database) ? realpathSync(database) : database;
  const folder = dirname(resolve(real));
  if (!existsSync(folder)) return [warning(`The folder ${folder} is not there; the first start makes it.`)];
  if (existsSync(real) && !statSync(real).isFile()) {
    // The mode of a folder or a device, changed to a file's, would shut other programs out of it.
    return [failure(`${database} is no file; name the one that is to hold the database.`)];
  }
  const files = [database, `${real}-wal`, `${real}-shm`].filter((file) => existsSync(file));
  return [...ofFolder(folder), ...files.flatMap(openToOthers), ...files.flatMap(ofFile)];
}

/** An account that writes to it chooses the database, and so who is signed in. */
function openToWriting(file: string): readonly Found[] {
  const isOpen = statSync(file).isFile() && (statSync(file).mode & 0o022) !== 0;
  return [
    ...(isOpen ? [failure(`${file} can be written by others; run: chmod go-w ${file}`)] : []),
    ...openToReplacing(dirname(resolve(file))),
  ];
}

function openToReplacing(folder: string): readonly Found[] {
  const { mode } = statSync(folder);
  // In a folder with the sticky bit only the owner of a file can replace it.
  if ((mode & 0o1000) !== 0 || (mode & 0o022) === 0) return [];
  return [failure(`Others can replace the files in ${folder}; run: chmod go-w ${folder}`)];
}

function ofFolder(folder: string): readonly Found[] {
  // SQLite writes its log beside the database.
  const isWritable = isAllowed(folder, constants.W_OK | constants.X_OK);
  return [
    ...openToReplacing(folder),
    ...(isWritable ? [] : [failure(`This account cannot write in ${folder}; give the folder to it.`)]),
  ];
}

function openToOthers(file: string): readonly Found[] {
  if ((statSync(file).mode & 0o077) === 0) return [];
  return [failure(`${file} is open to others; run: chmod 600 ${file}`)];
}

function ofFile(file: string): readonly Found[] {
  const { uid } = statSync(file);
  const own = process.getuid?.() ?? uid;
  const isUsable = isAllowed(file, constants.R_OK | constants.W_OK);
  const foreign = `${file} belongs to the account ${String(uid)} and this is ${String(own)}; run commands as the account that runs the server.`;
  return [
    ...(isUsable ? [] : [failure(`This account cannot read and write ${file}; give the file to it.`)]),
    ...(uid === own ? [] : [warning(foreign)]),
  ];
}

function isAllowed(path: string, wanted: number): boolean {
  try {
    accessSync(path, wanted);
    return true;
  } catch {
    return false;
  }
}

const mebibyte = 1_048_576;

/** A backup or a restore needs the size of the database once more, and its log may grow to that. */
export function checkDiskSpace(database: string): Finding {
  const size = existsSync(database) ? statSync(database).size : 0;
  const { bavail, bsize } = statfsSync(existingFolder(dirname(resolve(database))));
  const free = bavail * bsize;
  const room = `${String(Math.floor(free / mebibyte))} MiB are free beside a database of ${String(Math.ceil(size / mebibyte))} MiB`;
  const level = free < 64 * mebibyte ? 'FAIL' : free < 256 * mebibyte + 2 * size ? 'warn' : 'ok';
  return { level, check: 'disk space', sentence: level === 'ok' ? room : `${room}; make room.` };
}

function existingFolder(folder: string): string {
  return existsSync(folder) ? folder : existingFolder(dirname(folder));
}

/** Milliseconds; on this machine a response takes a few. */
const probeTimeoutMs = 2_000;

const everyAddress: readonly string[] = ['0.0.0.0', '::'];

export async function checkPorts(config: Config): Promise<readonly Finding[]> {
  const { host, port, adminHost, adminPort } = config;
  return [
    { check: 'port', ...(await listenerFound(host, port, settings.host.variable, settings.port.variable)) },
    { check: 'admin port', ...(await adminFound()) },
  ];

  async function adminFound(): Promise<Found> {
    const { adminHost: hostSetting, adminPort: portSetting } = settings;
    const isShared = adminHost === host || [adminHost, host].some((one) => everyAddress.includes(one));
    if (adminPort !== 0 && adminPort === port && isShared) {
      const both = `${settings.port.variable} and ${portSetting.variable} are both ${String(port)}`;
      return failure(`${both}; give each a port of its own.`);
    }
    return listenerFound(adminHost, adminPort, hostSetting.variable, portSetting.variable);
  }
}

async function listenerFound(host: string, port: number, hostSetting: string, portSetting: string): Promise<Found> {
  if (port === 0) return ok('a free one is taken at the start');
  if (!mayBeOurs(host)) return failure(`${host} is not an address of this machine; choose it with ${hostSetting}.`);
  // A listener on every address is asked on this machine's own.
  const origin = originOf(host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port);
  const place = `port ${String(port)} on ${host}`;
  const result = await probe(`${origin}/healthz`);
  if (result === 'ok') return ok(`a Refract answers on ${origin}`);
  if (result === 'ECONNREFUSED') return ok(`${place} is free`);
  if (['EADDRNOTAVAIL', 'ENETUNREACH', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'timeout'].includes(result)) {
    return failure(`${host} cannot be reached; is it an address of this machine? Choose it with ${hostSetting}.`);
  }
  return failure(`Another program listens on ${place}; stop it, or choose another port with ${portSetting}.`);
}

/** A name is left to the system to look up. */
function mayBeOurs(host: string): boolean {
  if (isIP(host) === 0 || everyAddress.includes(host) || host.startsWith('127.')) return true;
  const known = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));
  return known.some((address) => originOf(address, 0) === originOf(host, 0));
}

/** `ok` as a Refract responds, the code of the system's error, or `other`. */
function probe(url: string): Promise<string> {
  return new Promise((resolve) => {
    const sent = request(url, { agent: false, timeout: probeTimeoutMs }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
        // A longer body is not ours.
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
      resolve(codeOf(reason));
    });
    sent.end();
  });
}
