// How a database is named where people read: never with its password.

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
