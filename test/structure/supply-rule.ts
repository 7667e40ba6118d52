// Rules for installed packages, as functions over manifests and lockfiles; each returns one sentence per finding.

export interface Lockfile {
  readonly lockfileVersion?: number;
  readonly packages?: Readonly<Record<string, Locked>>;
}

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;

/** Every package is locked by version and hash, and comes from the registry. */
export function looseLocks(path: string, { lockfileVersion, packages = {} }: Lockfile): string[] {
  const found = lockfileVersion === 3 ? [] : [`${path} is of another version than 3`];
  for (const [place, locked] of Object.entries(packages)) {
    if (place === '') continue;
    if (!/^(node_modules\/(@[\w.-]+\/)?[\w.-]+\/?)+$/.test(place)) found.push(`${path}: ${place} is no package`);
    if (locked.link === true) found.push(`${path}: ${place} is a link`);
    if (!/^\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/.test(locked.version ?? '')) {
      found.push(`${path}: ${place} has the version ${String(locked.version)}`);
    }
    if (!/^sha512-[\w+/]{86}==$/.test(locked.integrity ?? '')) found.push(`${path}: ${place} has no SHA-512`);
    // If npm omits the address, the registry is meant.
    if (locked.resolved !== undefined && !locked.resolved.startsWith('https://registry.npmjs.org/')) {
      found.push(`${path}: ${place} comes from ${locked.resolved}`);
    }
  }
  return found;
}

/** The lockfile matches its manifest; `npm ci` refuses other lockfiles. */
export function lockDrift(path: string, manifest: Locked, { packages = {} }: Lockfile): string[] {
  const own = packages[''] ?? {};
  return kinds.flatMap((kind) => {
    const names = new Set([...Object.keys(manifest[kind] ?? {}), ...Object.keys(own[kind] ?? {})]);
    return [...names].flatMap((name) => {
      const versions = [manifest[kind]?.[name], own[kind]?.[name], packages[`node_modules/${name}`]?.version];
      return new Set(versions).size === 1 ? [] : [`${path}: ${name} is ${versions.map(String).join(', ')}`];
    });
  });
}

/** Settings of npm that allow other sources, unlocked packages or undecided scripts. */
export function looseSettings(text: string): string[] {
  const settings = text.split('\n').filter((line) => line.trim() !== '' && !/^\s*[#;]/.test(line));
  const needed = ['strict-allow-scripts=true', 'save-exact=true'];
  const strange =
    /registry|^\/\/|_auth|token|package-lock|ignore-scripts|dangerously|force|allow-(git|remote|file)|cafile|strict-ssl|proxy/i;
  return [
    ...needed.filter((line) => !settings.includes(line)).map((line) => `${line} is missing`),
    ...settings.filter((line) => strange.test(line)).map((line) => `${line.split('=')[0] ?? ''} is not to be set`),
  ];
}
