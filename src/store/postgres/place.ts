// The address of a PostgreSQL database: what is checked of it, and how messages name the database, without a password.

import { RefractError } from '../../errors.ts';
/** Host, port and name of the database. */
export function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'DATABASE_URL';
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = hostname === '' ? (searchParams.get('host') ?? 'localhost') : decoded(hostname);
  return `${decoded(pathname.slice(1)) || 'postgres'} at ${host}:${port === '' ? '5432' : port}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address as the driver gets it. @throws RefractError `store` for a text that is no address of a database */
export function connectionString(url: string): string {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new RefractError(
      'store',
      'DATABASE_URL is not an address such as postgres://refract@127.0.0.1:5432/refract.',
    );
  }
  // Part of an unescaped password would be read as host and name, and be printed.
  if (isCutInTwo(new URL(url))) {
    throw new RefractError('store', 'DATABASE_URL has an @ after its host: write / ? # in a password as %2F %3F %23.');
  }
  return strict(url);
}

/** These settings of a connection may contain an @. */
const texts: readonly string[] = [
  'application_name',
  'fallback_application_name',
  'options',
  'sslcert',
  'sslkey',
  'sslrootcert',
];

function isCutInTwo({ pathname, search, hash }: URL): boolean {
  const settings = search.slice(1).split('&');
  const others = settings.filter((each) => !texts.some((name) => each.startsWith(`${name}=`)));
  return (pathname + others.join('') + hash).includes('@');
}

/**
 * The driver reads these modes as `verify-full` now, with a warning; a later release will verify less, as libpq does.
 * An update of the driver must not weaken a connection. Modes are found as the driver reads them.
 */
function strict(url: string): string {
  const [address = ''] = url.split('#', 1);
  const [place = ''] = address.split('?', 1);
  if (new URL(address).searchParams.get('uselibpqcompat') === 'true' || address === place) return address;
  const isWeak = (setting: string): boolean => {
    const mode = new URLSearchParams(setting).get('sslmode');
    return mode !== null && ['prefer', 'require', 'verify-ca'].includes(mode);
  };
  const settings = address.slice(place.length + 1).split('&');
  return `${place}?${settings.map((each) => (isWeak(each) ? 'sslmode=verify-full' : each)).join('&')}`;
}
