// A cluster of three nodes on this machine, from Debian's packages: on each node an etcd member, Patroni and the PostgreSQL
// that it manages, and in front of them a HAProxy that connects to the primary. As operators run it, in one folder.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  etcdArguments,
  haproxyConfiguration,
  patroniConfiguration,
  type NodeAddress,
} from './cluster-configuration.ts';
import { freePort, queryOnce } from './postgres.ts';
import { waitUntil } from './wait.ts';

/** The Debian package of each program. */
export const clusterNeeds = {
  patroni: 'patroni',
  etcd: 'etcd-server',
  haproxy: 'haproxy',
  pg_lsclusters: 'postgresql',
};

interface Node extends NodeAddress {
  processes: ChildProcess[];
}

/** Starts a cluster and resolves once it has a primary and two standbys. @param folder that other accounts may enter */
export async function startCluster(folder: string) {
  chmodSync(folder, 0o755);
  const password = randomBytes(12).toString('hex');
  const nodes: Node[] = [];
  for (const name of ['one', 'two', 'three']) {
    const ports = {
      postgres: await freePort(),
      rest: await freePort(),
      etcd: await freePort(),
      peer: await freePort(),
    };
    nodes.push({ name, folder: ownedFolder(join(folder, name)), ...ports, processes: [] });
  }
  const proxyPort = await freePort();
  const superuser = `postgres://postgres:${password}@127.0.0.1:${String(proxyPort)}/postgres`;
  const start = (node: Node): void => {
    writeOwned(join(node.folder, 'patroni.yml'), patroniConfiguration(node, nodes, password, postgresPrograms()));
    node.processes = [
      startProgram(node.folder, 'etcd', etcdArguments(node, nodes)),
      startProgram(node.folder, 'patroni', [join(node.folder, 'patroni.yml')]),
    ];
  };
  for (const node of nodes) start(node);
  const proxyFile = join(folder, 'haproxy.cfg');
  writeOwned(proxyFile, haproxyConfiguration(proxyPort, nodes));
  const proxy = startProgram(folder, 'haproxy', ['-db', '-f', proxyFile]);

  const find = (name: string): Node => {
    const node = nodes.find((one) => one.name === name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    return node;
  };
  /** Resolves with the name of the primary; with `undefined` while there is none. */
  const primary = async (): Promise<string | undefined> => {
    for (const { name, rest } of nodes) {
      const signal = AbortSignal.timeout(1_000);
      const response = await fetch(`http://127.0.0.1:${String(rest)}/primary`, { signal }).catch(() => undefined);
      if (response?.status === 200) return name;
    }
    return undefined;
  };
  /** Resolves with the number of nodes that follow the primary by streaming. */
  const countStandbys = async (): Promise<number> => {
    const statement = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'";
    return (await queryOnce(superuser, statement).catch(() => [])).length;
  };
  /** Ends all processes of a node with SIGKILL, as a power failure does. */
  const killNode = async (name: string): Promise<void> => {
    const node = find(name);
    // Patroni first, so that it cannot clean up; then PostgreSQL, whose processes end with their postmaster.
    for (const child of node.processes.reverse()) await ended(child, 'SIGKILL');
    const postmaster = postmasterOf(node);
    if (postmaster !== undefined && isOurs(postmaster, node.folder)) process.kill(postmaster, 'SIGKILL');
  };
  const stop = async (): Promise<void> => {
    await ended(proxy, 'SIGKILL');
    for (const { name } of nodes) await killNode(name);
  };

  try {
    const isComplete = async (): Promise<boolean> => (await primary()) !== undefined && (await countStandbys()) === 2;
    await waitUntil('there is a primary with two standbys', 180, isComplete);
    await queryOnce(superuser, `CREATE ROLE refract LOGIN PASSWORD '${password}'`);
    await queryOnce(superuser, 'CREATE DATABASE refract OWNER refract');
  } catch (reason) {
    await stop();
    throw reason;
  }
  return {
    /** Of a database `refract`, through the proxy. */
    url: `postgres://refract:${password}@127.0.0.1:${String(proxyPort)}/refract`,
    startNode: (name: string) => start(find(name)),
    ...{ primary, countStandbys, killNode, stop },
  };
}

/** PostgreSQL refuses to run as root; then the account postgres runs it. */
function account(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = ['-u', '-g'].map((option) => Number(spawnSync('id', [option, 'postgres']).stdout.toString()));
  if (uid === undefined || gid === undefined || uid === 0) throw new Error('there is no account postgres');
  return { uid, gid };
}

function startProgram(folder: string, program: string, args: readonly string[]): ChildProcess {
  return spawn(program, [...args], { cwd: folder, stdio: 'ignore', ...account() });
}

function ownedFolder(folder: string): string {
  mkdirSync(folder, { mode: 0o700 });
  own(folder);
  return folder;
}

function writeOwned(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  own(file);
}

function own(path: string): void {
  const owner = account();
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
}

/** Debian has a folder for each version. */
function postgresPrograms(): string {
  const versions = readdirSync('/usr/lib/postgresql').sort((one, other) => Number(other) - Number(one));
  return join('/usr/lib/postgresql', versions[0] ?? '', 'bin');
}

function postmasterOf({ folder }: Node): number | undefined {
  const file = join(folder, 'data', 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
}

/** @returns whether the process is the one in the file: its number may have been reused */
function isOurs(pid: number, folder: string): boolean {
  const file = `/proc/${String(pid)}/cmdline`;
  return existsSync(file) && readFileSync(file, 'utf8').includes(folder);
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once('close', () => resolve());
    child.kill(signal);
  });
}
