// A contract that cannot be served: one sentence with its file and line, no stack trace, and the others are served.
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test, type Place } from '../shared/cli.ts';
import { expectComplaint } from '../shared/complaint.ts';

const root = join(import.meta.dirname, '..', '..');

describe('a start', () => {
  test('a start names the line of invalid YAML', async ({ place }) => {
    await expectDocumentComplaint(place, 'fib', 'openapi: 3.1.0', 'openapi: [3.1.0', /^:\d+: the YAML is broken: /);
  });

  test('a start names line and reference of a broken reference', async ({ place }) => {
    await expectDocumentComplaint(
      place,
      'fib',
      "$ref: '#/components/schemas/Refused'",
      "$ref: '#/components/schemas/Lost'",
      /^:\d+: the reference #\/components\/schemas\/Lost leads nowhere in this file; correct it\.$/,
    );
  });

  test('a start names an operation that the adapter lacks', async ({ place }) => {
    await expectDocumentComplaint(
      place,
      'xerial',
      'operationId: refreshTokens',
      'operationId: exchangeTokens',
      /^: the operation exchangeTokens has no handler in the adapter of xerial\.$/,
    );
  });

  test('a start names operation, reply and member of an invalid constant reply', async ({ place }) => {
    await expectDocumentComplaint(
      place,
      'xerial',
      'const: 401',
      'const: 400',
      /^: refreshTokens responds to \w+ with 401, but its body \/code must be equal to constant .*\.$/,
    );
  });

  test('a start names the file of a missing adapter', async ({ place }) => {
    const { main, openapi } = copyOfTheTree(place);
    const text = readFileSync(join(openapi, 'xerial.yaml'), 'utf8');
    writeFileSync(join(openapi, 'sixth.yaml'), text.replace('url: /xerial', 'url: /sixth'));
    const ended = await place.running({ main }, 'serve', '--only', 'sixth').ended;
    expectComplaint(ended, `${join(openapi, 'sixth.yaml')} has no adapter`, /src\/contracts\/sixth\.ts/);
  });

  test('a start prints one line for an adapter that Node cannot load', async ({ place }) => {
    const { main, folder } = copyOfTheTree(place);
    writeFileSync(join(folder, 'src', 'contracts', 'xerial.ts'), 'enum Colour {\n  Red,\n}\nexport default {;\n');
    expectComplaint(
      await place.running({ main }, 'serve', '--only', 'xerial').ended,
      /xerial\.yaml has no adapter that can be loaded/,
    );
    writeFileSync(join(folder, 'src', 'contracts', 'xerial.ts'), "throw new Error('first\\n    at second');\n");
    expectComplaint(
      await place.running({ main }, 'serve', '--only', 'xerial').ended,
      /xerial\.yaml has no adapter that can be loaded/,
    );
    writeFileSync(join(folder, 'src', 'contracts', 'xerial.ts'), 'export default {};\n');
    expectComplaint(
      await place.running({ main }, 'serve', '--only', 'xerial').ended,
      /^src\/contracts\/xerial\.ts does not export a contract/,
    );
  });

  test('a start serves the other contracts and reports each that it leaves out', async ({ place }) => {
    const { main, openapi } = copyOfTheTree(place);
    const text = readFileSync(join(openapi, 'xerial.yaml'), 'utf8');
    writeFileSync(join(openapi, 'sixth.yaml'), text.replace('url: /xerial', 'url: /sixth'));
    writeFileSync(join(openapi, 'xerial.yaml'), text.replaceAll("'500':", "'502':"));
    writeFileSync(join(openapi, 'broken.yaml'), 'openapi: [');
    const server = await place.serveAlone({ main });
    const notFound = await fetch(`${server.origin}/sixth/auth/refresh-tokens`, { method: 'POST' });
    expect(notFound.status).toBe(404);
    const { stdout: printed, stderr } = await server.stop();
    expect(printed).toMatch(/^fib +PATCH /m);
    expect(printed).not.toMatch(/^(xerial|sixth|broken) /m);
    for (const name of ['broken', 'sixth', 'xerial']) {
      expect(printed).toMatch(new RegExp(`^not served: .*${name}\\.yaml`, 'm'));
      expect(stderr).toMatch(new RegExp(`"type":"contract_unserved","contract":"${name}"`));
    }
    const doctor = await place.running({ main }, 'doctor').ended;
    expect(doctor.stdout).toMatch(/^FAIL {2}documents +not served: .*xerial\.yaml/m);
    expect(doctor.stdout).toMatch(/^ok {4}keys /m);
  });

  test('a start serves the documents of an unchanged copy of the tree', async ({ place }) => {
    const { main, folder } = copyOfTheTree(place);
    await place.serveAlone({ main }, '--only', 'fib');
    // The cache is written there first, the database and the secrets later.
    expect(statSync(join(folder, 'var')).mode & 0o777).toBe(0o700);
  });
});

async function expectDocumentComplaint(place: Place, name: string, from: string, to: string, rest: RegExp) {
  const { main, openapi } = copyOfTheTree(place);
  const file = join(openapi, `${name}.yaml`);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
  const { stderr, ...ended } = await place.running({ main }, 'serve', '--only', name).ended;
  expectComplaint({ stderr, ...ended });
  expect(stderr.startsWith(`refract: ${file}`)).toBe(true);
  expect(stderr.trimEnd().slice(`refract: ${file}`.length)).toMatch(rest);
}

/** A copy of the server's tree, in which documents can be edited; a link leads Node to the modules. */
function copyOfTheTree(place: Place): { folder: string; main: string; openapi: string } {
  const folder = join(place.folder, 'tree');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const part of ['src', 'generated', 'openapi', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, main: join(folder, 'src', 'main.ts'), openapi: join(folder, 'openapi') };
}
