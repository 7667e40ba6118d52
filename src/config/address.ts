// What can be wrong with the address of a PostgreSQL database. It may have a password in it, so no part is repeated.

/** As the end of a sentence; none where nothing is wrong that can be seen. */
export function addressTrouble(given: string): string | undefined {
  const rest = /^postgres(?:ql)?:\/\/(.+)$/s.exec(given)?.[1];
  if (rest === undefined) return unlike;
  const [authority = ''] = rest.split(/[/?#]/, 1);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const isReadable = URL.canParse(given);
  if (!isReadable && rest.slice(authority.length).includes('@')) {
    return 'has an @ after its host: write / ? # in a password as %2F %3F %23';
  }
  if (host.includes(',')) return 'names several hosts; name one that leads to the primary';
  if (!isReadable && host === '') {
    return 'names no host; a socket in /run/postgresql is written as postgres://refract@%2Frun%2Fpostgresql/refract';
  }
  return isReadable ? undefined : unlike;
}

const unlike = 'must be an address such as postgres://refract@127.0.0.1:5432/refract';
