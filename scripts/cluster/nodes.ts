// A cluster of three nodes on this machine, of Debian's packages: on each an etcd member, Patroni and the PostgreSQL that
// it tends, and before them a HAProxy that leads to whichever is the primary. What operators run, in one folder.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../prove/chains.ts';
import { freePort, queryOnce } from '../../test/shared/postgres.ts';
import { etcdArguments, haproxyConfiguration, patroniConfiguration, type NodePlaces } from './configuration.ts';

/** What is needed, and the Debian package that has it. */
export const clusterNeeds = {
  patroni: 'patroni',
  etcd: 'etcd-server',
  haproxy: 'haproxy',
  pg_lsclusters: 'postgresql',
};

export interface Cluster {
  /** Of a database `refract`, by way of the proxy. */
  readonly url: string;
  /** The name of the node that is the primary now; `undefined` while there is none. */
  readonly primary: () => Promise<string | undefined>;
  /** How many nodes follow the primary by streaming. */
  readonly following: () => Promise<number>;
  /** Ends everything that runs on a node, with SIGKILL, as a power cut does. */
  readonly killNode: (name: string) => Promise<void>;
  readonly startNode: (name: string) => void;
  readonly stop: () => Promise<void>;
}

interface Node extends NodePlaces {
  processes: ChildProcess[];
}

/** Starts it and resolves once there is a primary with a standby that it waits for. @param folder that others may enter */
export async function startCluster(folder: string): Promise<Cluster> {
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
      started(node.folder, 'etcd', etcdArguments(node, nodes)),
      started(node.folder, 'patroni', [join(node.folder, 'patroni.yml')]),
    ];
  };
  for (const node of nodes) start(node);
  const proxyFile = join(folder, 'haproxy.cfg');
  writeOwned(proxyFile, haproxyConfiguration(proxyPort, nodes));
  const proxy = started(folder, 'haproxy', ['-db', '-f', proxyFile]);

  const find = (name: string): Node => {
    const node = nodes.find((one) => one.name === name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    return node;
  };
  const primary = async (): Promise<string | undefined> => {
    for (const { name, rest } of nodes) {
      const answer = await fetch(`http://127.0.0.1:${String(rest)}/primary`, {
        signal: AbortSignal.timeout(1_000),
      }).catch(() => undefined);
      if (answer?.status === 200) return name;
    }
    return undefined;
  };
  const following = async (): Promise<number> => {
    const rows = await queryOnce(superuser, "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'").catch(
      () => [],
    );
    return rows.length;
  };
  const killNode = async (name: string): Promise<void> => {
    const node = find(name);
    // Patroni first, so that it has no time to tidy up; then PostgreSQL, whose processes follow their first one.
    for (const child of node.processes.reverse()) await ended(child, 'SIGKILL');
    const postmaster = postmasterOf(node);
    if (postmaster !== undefined && isOurs(postmaster, node.folder)) process.kill(postmaster, 'SIGKILL');
  };
  const stop = async (): Promise<void> => {
    await ended(proxy, 'SIGKILL');
    for (const { name } of nodes) await killNode(name);
  };

  try {
    await until(
      'there is a primary with two standbys',
      180,
      async () => (await primary()) !== undefined && (await following()) === 2,
    );
    await queryOnce(superuser, `CREATE ROLE refract LOGIN PASSWORD '${password}'`);
    await queryOnce(superuser, 'CREATE DATABASE refract OWNER refract');
  } catch (reason) {
    await stop();
    throw reason;
  }
  return {
    url: `postgres://refract:${password}@127.0.0.1:${String(proxyPort)}/refract`,
    primary,
    following,
    killNode,
    startNode: (name) => start(find(name)),
    stop,
  };
}

/** PostgreSQL refuses to run as root: then its own account does. */
function account(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = ['-u', '-g'].map((option) => Number(spawnSync('id', [option, 'postgres']).stdout.toString()));
  if (uid === undefined || gid === undefined || uid === 0) throw new Error('there is no account postgres');
  return { uid, gid };
}

function started(folder: string, program: string, args: readonly string[]): ChildProcess {
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

/** Debian keeps them apart by version. */
function postgresPrograms(): string {
  const versions = readdirSync('/usr/lib/postgresql').sort((one, other) => Number(other) - Number(one));
  return join('/usr/lib/postgresql', versions[0] ?? '', 'bin');
}

function postmasterOf({ folder }: Node): number | undefined {
  const file = join(folder, 'data', 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
}

/** Whether the process still is the one that the file speaks of. */
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
