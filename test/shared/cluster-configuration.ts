// The arguments and configuration files of the cluster's programs.

export interface NodeAddress {
  readonly name: string;
  readonly folder: string;
  readonly postgres: number;
  readonly rest: number;
  readonly etcd: number;
  readonly peer: number;
}

const local = (port: number): string => `127.0.0.1:${String(port)}`;

export function etcdArguments(node: NodeAddress, nodes: readonly NodeAddress[]): readonly string[] {
  const members = nodes.map(({ name, peer }) => `${name}=http://${local(peer)}`).join(',');
  return [
    ...['--name', node.name, '--data-dir', `${node.folder}/etcd`],
    ...['--listen-client-urls', `http://${local(node.etcd)}`, '--advertise-client-urls', `http://${local(node.etcd)}`],
    ...[
      '--listen-peer-urls',
      `http://${local(node.peer)}`,
      '--initial-advertise-peer-urls',
      `http://${local(node.peer)}`,
    ],
    ...['--initial-cluster', members, '--initial-cluster-state', 'new'],
  ];
}

/**
 * JSON, which is YAML as well. `synchronous_mode`: a commit waits for a standby, so that a failover loses none.
 * The time to live is the shortest that Patroni allows; half a minute is usual.
 */
export function patroniConfiguration(
  node: NodeAddress,
  nodes: readonly NodeAddress[],
  password: string,
  programs: string,
): string {
  const hosts = nodes.map(({ etcd }) => local(etcd)).join(',');
  const access = (who: string): string => `host ${who} 127.0.0.1/32 scram-sha-256`;
  return JSON.stringify({
    scope: 'refract',
    name: node.name,
    restapi: { listen: local(node.rest), connect_address: local(node.rest) },
    etcd3: { hosts },
    bootstrap: {
      dcs: {
        ttl: 20,
        loop_wait: 2,
        retry_timeout: 3,
        synchronous_mode: true,
        postgresql: {
          use_pg_rewind: true,
          use_slots: true,
          parameters: { max_connections: 100, wal_keep_size: '256MB' },
        },
      },
      initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'data-checksums'],
      pg_hba: [access('all all'), access('replication replicator')],
    },
    postgresql: {
      listen: local(node.postgres),
      connect_address: local(node.postgres),
      data_dir: `${node.folder}/data`,
      bin_dir: programs,
      pgpass: `${node.folder}/pgpass`,
      authentication: {
        superuser: { username: 'postgres', password },
        replication: { username: 'replicator', password },
        rewind: { username: 'rewinder', password },
      },
      parameters: { unix_socket_directories: node.folder, password_encryption: 'scram-sha-256' },
    },
  });
}

/** Checks with each Patroni whether its node is the primary; connections to a former primary are closed. */
export function haproxyConfiguration(port: number, nodes: readonly NodeAddress[]): string {
  const servers = nodes.map(
    ({ name, postgres, rest }) => `  server ${name} ${local(postgres)} check port ${String(rest)}`,
  );
  return [
    'defaults',
    '  mode tcp',
    '  timeout connect 2s',
    '  timeout client 1h',
    '  timeout server 1h',
    '  timeout check 2s',
    'listen postgres',
    `  bind ${local(port)}`,
    '  option httpchk OPTIONS /primary',
    '  http-check expect status 200',
    '  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions',
    ...servers,
    '',
  ].join('\n');
}
