// The address of a PostgreSQL database: its checks, and the name of the database in messages, without a password.
import { storeError } from '../store.ts';

/** The name of the database with host and port, as it may be printed. */
export function describeAddress(url: string): string {
  if (!URL.canParse(url)) return 'DATABASE_URL';
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = hostname === '' ? (searchParams.get('host') ?? 'localhost') : decode(hostname);
  return `${decode(pathname.slice(1)) || 'postgres'} at ${host}:${port === '' ? '5432' : port}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address for the driver. @throws RefractError `store` for a text that is no address of a database */
export function toConnectionString(url: string): string {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw storeError('DATABASE_URL is not an address such as postgres://refract@127.0.0.1:5432/refract.');
  }
  // A part of an unescaped password would be read as host and name, and be printed.
  if (hasSplitPassword(new URL(url))) {
    throw storeError('DATABASE_URL has an @ after its host: write / ? # in a password as %2F %3F %23.');
  }
  return requireVerification(url);
}

/** Settings of a connection that may contain an @. */
const freeTexts = ['application_name', 'fallback_application_name', 'options', 'sslcert', 'sslkey', 'sslrootcert'];

function hasSplitPassword({ pathname, search, hash }: URL): boolean {
  const settings = search.slice(1).split('&');
  const others = settings.filter((setting) => !freeTexts.some((name) => setting.startsWith(`${name}=`)));
  return (pathname + others.join('') + hash).includes('@');
}

/**
 * Writes `verify-full` in place of modes that the driver reads so today, with a warning; a later release of it will
 * verify less, as libpq does. Modes are found as the driver reads them.
 */
function requireVerification(url: string): string {
  const [address = ''] = url.split('#', 1);
  const [base = ''] = address.split('?', 1);
  if (new URL(address).searchParams.get('uselibpqcompat') === 'true' || address === base) return address;
  const isWeak = (setting: string): boolean => {
    const mode = new URLSearchParams(setting).get('sslmode');
    return mode !== null && ['prefer', 'require', 'verify-ca'].includes(mode);
  };
  const settings = address.slice(base.length + 1).split('&');
  return `${base}?${settings.map((setting) => (isWeak(setting) ? 'sslmode=verify-full' : setting)).join('&')}`;
}
