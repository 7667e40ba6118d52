// Whether the ports are free, or answered by a Refract.
import { request } from 'node:http';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { originOf } from '../../app/app.ts';
import { settings, type Config } from '../../config.ts';
import type { Finding } from './finding.ts';

/** Milliseconds; on this machine an answer takes a few. */
const patience = 2_000;

const everyAddress: readonly string[] = ['0.0.0.0', '::'];

/** Where a listener is to be, and the settings that say so. */
interface Place {
  readonly check: string;
  readonly host: string;
  readonly port: number;
  readonly hostSetting: string;
  readonly portSetting: string;
}

export function checkPort({ host, port }: Config): Promise<readonly Finding[]> {
  const { host: hostSetting, port: portSetting } = settings;
  return checkPlace({
    ...{ check: 'port', host, port },
    ...{ hostSetting: hostSetting.variable, portSetting: portSetting.variable },
  });
}

export async function checkAdminPort(config: Config): Promise<readonly Finding[]> {
  const { adminHost: host, adminPort: port } = config;
  const { adminHost: hostSetting, adminPort: portSetting } = settings;
  const check = 'admin port';
  const isShared = host === config.host || [host, config.host].some((one) => everyAddress.includes(one));
  if (port !== 0 && port === config.port && isShared) {
    const sentence = `${settings.port.variable} and ${portSetting.variable} are both ${String(port)}; give each a port of its own.`;
    return [{ level: 'FAIL', check, sentence }];
  }
  return checkPlace({
    ...{ check, host, port },
    ...{ hostSetting: hostSetting.variable, portSetting: portSetting.variable },
  });
}

async function checkPlace({ check, host, port, hostSetting, portSetting }: Place): Promise<readonly Finding[]> {
  const finding = (level: Finding['level'], sentence: string): readonly Finding[] => [{ level, check, sentence }];
  if (port === 0) return finding('ok', 'a free one is taken at the start');
  if (!mayBeOurs(host))
    return finding('FAIL', `${host} is not an address of this machine; choose it with ${hostSetting}.`);
  // What listens on every address is asked on this machine's own.
  const origin = originOf(host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port);
  const place = `port ${String(port)} on ${host}`;
  const answer = await answerOf(`${origin}/healthz`);
  if (answer === 'ok') return finding('ok', `a Refract answers on ${origin}`);
  if (answer === 'ECONNREFUSED') return finding('ok', `${place} is free`);
  if (['EADDRNOTAVAIL', 'ENETUNREACH', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'silence'].includes(answer)) {
    return finding(
      'FAIL',
      `${host} cannot be reached; is it an address of this machine? Choose it with ${hostSetting}.`,
    );
  }
  return finding('FAIL', `Another program listens on ${place}; stop it, or choose another port with ${portSetting}.`);
}

/** A name is left to the system to look up. */
function mayBeOurs(host: string): boolean {
  if (isIP(host) === 0 || everyAddress.includes(host) || host.startsWith('127.')) return true;
  const known = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));
  return known.some((address) => originOf(address, 0) === originOf(host, 0));
}

/** `ok` as a Refract says it, the code of the system's error, or `other`. */
function answerOf(url: string): Promise<string> {
  return new Promise((resolve) => {
    const asking = request(url, { agent: false, timeout: patience }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
        // Whoever has so much to say is not ours.
        if (body.length > 16) response.destroy();
      });
      response.on('close', () => {
        resolve(response.statusCode === 200 && body.trim() === 'ok' ? 'ok' : 'other');
      });
    });
    asking.on('timeout', () => {
      resolve('silence');
      asking.destroy();
    });
    asking.on('error', (reason) => {
      resolve('code' in reason && typeof reason.code === 'string' ? reason.code : 'other');
    });
    asking.end();
  });
}
