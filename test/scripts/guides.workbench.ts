// Every command of the guides runs, in the order of its guide, in a scratch clone, under bash.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../shared/postgres.ts';
import { listFiles, read, root } from '../structure/tree.ts';

/** Commands that do not run here, each with the reason. */
const notRun: readonly (readonly [RegExp, string])[] = [
  [
    /^npm (test|run (check|test|prove|bench))\b|^bash \.ci\/run/,
    'CI runs it as a step of its own, or it takes minutes',
  ],
  [/^npm (pack|install)\b/, 'test/package builds and installs the package'],
  [
    /^sudo |^mkdir -p proxy|^PORT=80/,
    'needs root, and PostgreSQL and nginx at fixed ports; test/store and test/cli cover it',
  ],
  [/postgres:\/\//, 'needs PostgreSQL at a fixed port; test/cli copies between databases'],
  [/KEYSET/, 'a key set whose tokens have expired cannot exist here; test/signer covers it'],
];

/** Ports of the guides; each becomes a free port. */
const guidePorts = ['8080', '8081', '4010', '4020', '8090', '8091'];

const prelude = String.raw`
set -eu -o pipefail
trap 'echo "FAILED ($?): $BASH_COMMAND" >&2; tail -n 5 servers.log >&2' ERR
running=
stop() {
  if [ -n "$running" ]; then kill -INT -- "-$running" 2>/dev/null || :; wait "$running" 2>/dev/null || :; fi
  running=
}
trap stop EXIT
# Starts a server in its own process group, and returns once the port listens.
serve() {
  local port=$1; shift
  stop
  set -m; command "$@" >>servers.log 2>&1 & running=$!; set +m
  for _ in $(seq 300); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
    kill -0 "$running" 2>/dev/null || { cat servers.log >&2; return 1; }
    sleep 0.1
  done
  cat servers.log >&2; return 1
}
npm() {
  case "$*" in
    start) serve "$PORT" npm start;;
    'run -s refract -- serve'*) serve "$PORT" npm "$@";;
    'run -s refract -- restore'*) stop; command npm "$@"; npm run -s refract -- serve;;
    'run dev') serve "$PORT" npm run dev -- --mock-port "$MOCK_PORT";;
    'run mock') serve "$MOCK_PORT" npm run mock -- --port "$MOCK_PORT";;
    # An example of flags; the calls after it are for the default port.
    'run mock -- --port'*) serve "$5" npm "$@"; npm run mock;;
    'run mock -- '*) serve "$MOCK_PORT" npm "$@" --port "$MOCK_PORT";;
    # What it begins would stop the commands after it, until it is finished by hand.
    'run new-contract'*) command npm "$@"; git clean -qfd openapi generated src test; git checkout -q .;;
    *) command npm "$@";;
  esac
}
`;

/** The files that the guide of operators needs: keys, a token, and rows of another server. */
const given: Readonly<Record<string, string>> = {
  'scripts/operations/README.md': String.raw`
mkdir -p var safe
openssl genpkey -algorithm ed25519 -out their-key.pem 2>/dev/null
echo any > token.txt
head -c 48 /dev/urandom | base64 -w 0 > original-access.secret
head -c 48 /dev/urandom | base64 -w 0 > original.secret
chmod 600 their-key.pem token.txt original.secret original-access.secret
node -e '
  const { createHmac } = require("node:crypto");
  const text = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const signed = text({ alg: "HS256" }) + "." + text({ sub: "erin", iat: now, exp: now + 3600, type: "refresh" });
  const secret = require("node:fs").readFileSync("original.secret");
  const refreshToken = signed + "." + createHmac("sha256", secret).update(signed).digest("base64url");
  console.log(JSON.stringify({ kind: "subject", id: "erin" }));
  console.log(JSON.stringify({ kind: "session", contract: "xerial", subjectId: "erin", refreshToken }));
' > rows.ndjson
`,
};

let clone: string;
let ports: ReadonlyMap<string, string>;

beforeAll(async () => {
  mkdirSync(join(root, 'var'), { recursive: true });
  // On the disk of this tree, so that files can be linked.
  clone = mkdtempSync(join(root, 'var', 'guides-'));
  for (const file of listFiles()) cpSync(join(root, file), join(clone, file));
  for (const modules of ['node_modules', 'scripts/runtime/node_modules']) {
    // With links, an installation in the clone could empty the folders of this tree.
    execFileSync('cp', ['-al', join(root, modules), join(clone, modules)]);
  }
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: clone });
  git('init', '-q', '-b', 'main');
  git('add', '--all');
  git('-c', 'user.name=test', '-c', 'user.email=test@example.org', 'commit', '-q', '-m', 'test: scratch clone');
  const free = await Promise.all(guidePorts.map(() => freePort()));
  ports = new Map(guidePorts.map((port, index) => [port, String(free[index])]));
});

afterAll(() => rmSync(clone, { recursive: true, force: true }));

const guides = listFiles().filter((file) => file.endsWith('.md') && commandsOf(read(file)).length > 0);

test('the guides of all readers have commands', () => {
  const readers = ['README.md', 'openapi', 'scripts/mock', 'scripts/operations', '.github'];
  expect(guides.map((guide) => dirname(guide))).toEqual(
    expect.arrayContaining(readers.map((reader) => reader.replace('README.md', '.'))),
  );
});

test.for(guides)('%s: every command of the guide succeeds', { timeout: 300_000 }, async (guide) => {
  const commands = commandsOf(read(guide)).filter((command) => !notRun.some(([pattern]) => pattern.test(command)));
  const script = [prelude, given[guide] ?? '', ...commands].join('\n');
  const file = join(clone, 'guide.sh');
  writeFileSync(file, withFreePorts(script).replaceAll('/safe/', `${clone}/safe/`));
  const { code, output } = await runBash(file);
  expect(code, output).toBe(0);
});

/** The commands of a guide, one a line except here-documents, without comments and final `&`. */
function commandsOf(text: string): readonly string[] {
  const blocks = Array.from(text.matchAll(/^```sh\n([^]*?)^```/gm), ([, block = '']) => block);
  return blocks.flatMap((block) => {
    const parts = block.match(/^.*<<'END'\n[^]*?^END$|^.+$/gm) ?? [];
    return parts
      .map((part) => (part.includes('<<') ? part : part.replace(/\s+#.*$/, '').replace(/\s*&$/, '')))
      .filter((part) => part.trim() !== '' && !part.startsWith('#'));
  });
}

function withFreePorts(text: string): string {
  return text.replaceAll(new RegExp(`\\b(${guidePorts.join('|')})\\b`, 'g'), (port) => ports.get(port) ?? port);
}

function runBash(file: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const env = {
    ...process.env,
    PORT: ports.get('8080'),
    REFRACT_ADMIN_PORT: ports.get('8081'),
    MOCK_PORT: ports.get('4010'),
    NO_COLOR: '1',
  };
  const child = spawn('bash', [file], { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4_000)));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code, output }));
  });
}
