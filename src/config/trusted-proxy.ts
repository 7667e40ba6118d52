// Whose X-Forwarded-For is believed.
import { isIP } from 'node:net';
import { RefractError } from '../errors.ts';
import type { Config } from '../config.ts';

/** As Express takes it. @throws RefractError `configuration` for an address that is none */
export function trustedProxy({ trustProxy }: Pick<Config, 'trustProxy'>): number | string | undefined {
  if (trustProxy === 'none') return undefined;
  if (/^\d$/.test(trustProxy)) return Number(trustProxy);
  const wrong = trustProxy.split(',').find((part) => !isAddress(part));
  if (wrong !== undefined)
    throw new RefractError('configuration', `REFRACT_TRUST_PROXY has ${wrong}, which is no address and no network.`);
  return trustProxy;
}

function isAddress(part: string): boolean {
  const [address = '', prefix] = part.split('/');
  if (['loopback', 'linklocal', 'uniquelocal'].includes(part)) return true;
  const version = isIP(address);
  return version !== 0 && (prefix === undefined || Number(prefix) <= (version === 4 ? 32 : 128));
}
