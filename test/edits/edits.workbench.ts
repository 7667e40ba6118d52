// An edit of a document without its adapter is found by the generator's check, by the compiler with file and line, by the
// start of the server with one sentence, or otherwise by the published request.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { isDocumentError } from '../../src/errors.ts';
import { generateContract, generatedFolder, run } from '../../scripts/generate.ts';
import { loadContracts } from '../../src/app/contracts.ts';
import { loadDocument, openapiFolder, parseDocument } from '../../src/http/documents.ts';
import { readPublished } from '../openapi/published/read.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { contracts, type ContractName } from '../shared/refreshing.ts';
import { startServer } from '../shared/server.ts';
import { call, json } from '../shared/wire.ts';
import { edits, type Edit } from './list.ts';
import { createTypeCheck, type TypeCheck, type TypeFinding } from '../../scripts/dev/type-check.ts';
import { runHere } from '../scripts/run-here.ts';

let compiler: TypeCheck;

beforeAll(() => {
  compiler = createTypeCheck();
});

describe.for(contracts)('%s without an edit', (contract) => {
  test('a contract without an edit passes all checks', async () => {
    const text = textOf(contract);
    expect(await generatorCheck(contract, text)).toEqual([]);
    expect(compiler.findings(contract)).toEqual([]);
    expect(await compile(contract, text)).toEqual([]);
    expect(await start(contract, text)).toEqual({ published: 'as published' });
  });
});

describe.for(edits.map((edit) => [edit.contract, edit.what, edit] as const))('%s: %s', ([, , edit]) => {
  const text = edited(edit);

  test('the generator reports an edited document', async () => {
    const [complaint, ...others] = await generatorCheck(edit.contract, text);
    if (edit.generating === undefined) {
      expect(complaint).toMatch(
        new RegExp(
          `^generated/${edit.contract}(\\.client)?\\.ts does not match its document; run \`npm run generate\`\\.$`,
        ),
      );
    } else {
      expect(others).toEqual([]);
      expectSentence(complaint ?? '', edit.contract, edit.generating);
    }
  });

  if (edit.generating === undefined) {
    test(edit.compiling ? 'the generated files of the edit do not compile' : 'the edit changes no type', async () => {
      const findings = await compile(edit.contract, text);
      if (edit.compiling === undefined) {
        expect(findings).toEqual([]);
        return;
      }
      const [source, message] = edit.compiling;
      const [first] = findings;
      expect(first).toEqual({
        file: expect.stringMatching(new RegExp(`^src/(contracts|client)/${edit.contract}\\.ts$`)),
        line: expect.any(Number),
        source: expect.stringMatching(source),
        message: expect.stringMatching(message),
      });
    });
  }

  test(edit.starting ? 'the edit stops the start' : 'the edit makes the published request fail', async () => {
    const outcome = await start(edit.contract, text);
    if (edit.starting === undefined) {
      expect(edit.published).toBeDefined();
      expect(outcome.published).toMatch(edit.published ?? '');
    } else {
      expectSentence(outcome.refused ?? `responded ${String(outcome.published)}`, edit.contract, edit.starting);
    }
  });
});

function textOf(contract: ContractName): string {
  return readFileSync(join(openapiFolder, `${contract}.yaml`), 'utf8');
}

function edited({ contract, replace }: Edit): string {
  return replace.reduce((text, [from, to]) => {
    const replaced = text.replace(from, to);
    if (replaced === text) throw new Error(`${contract}.yaml does not have ${String(from)}`);
    return replaced;
  }, textOf(contract));
}

/** Creates a folder with only the document. */
function folderWith(contract: ContractName, text: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, `${contract}.yaml`), text);
  return folder;
}

/** Returns the output of `generate --check` for the document and the generated files of this tree. */
async function generatorCheck(contract: ContractName, text: string): Promise<string[]> {
  const generated = temporaryFolder();
  for (const file of [`${contract}.ts`, `${contract}.client.ts`]) {
    copyFileSync(join(generatedFolder, file), join(generated, file));
  }
  const folders = { documents: folderWith(contract, text), generated };
  const { code, stdout } = await runHere((args, output) => run(args, output, folders), '--check');
  // All contracts share the bundles of the console; the generator's tests compare them.
  const lines = stdout.split('\n').slice(0, -1);
  expect(code).toBe(lines.length === 0 ? 0 : 1);
  return lines.filter((line) => !line.startsWith('generated/console/'));
}

/** Returns the compile errors with the generated files of the document. */
async function compile(contract: ContractName, text: string): Promise<readonly TypeFinding[]> {
  const { types, client } = await generateContract(parseDocument(contract, `${contract}.yaml`, text));
  return compiler.findings(
    contract,
    new Map([
      [`${contract}.ts`, types],
      [`${contract}.client.ts`, client],
    ]),
  );
}

/** Starts a server with the document and sends the published request. */
async function start(contract: ContractName, text: string): Promise<{ refused?: string; published?: string }> {
  try {
    const loaded = await loadContracts(folderWith(contract, text));
    const server = await startServer({ contracts: loaded });
    try {
      return { published: await publishedRequest(server.origin, contract, await server.issue(contract)) };
    } finally {
      await server.stop();
    }
  } catch (reason) {
    if (isDocumentError(reason)) return { refused: reason.message };
    throw reason;
  }
}

/** Sends the request of the published document with a valid token and compares the response with its success. */
async function publishedRequest(origin: string, contract: ContractName, token: string): Promise<string> {
  const { request, replies } = readPublished(contract);
  const { basePath } = loadDocument(join(openapiFolder, `${contract}.yaml`));
  const members = Object.keys(request.body ?? {});
  const response = await call(origin, {
    method: request.method.toUpperCase(),
    path: basePath + request.path,
    headers: members.length === 0 ? { authorization: token } : { 'content-type': 'application/json' },
    body: members.length === 0 ? undefined : JSON.stringify(Object.fromEntries(members.map((name) => [name, token]))),
  });
  const mediaType = response.headers['content-type']?.split(';')[0] ?? '';
  const success = replies.find(({ status }) => status === 200)?.body;
  const isSuccess =
    response.status === 200 &&
    mediaType === 'application/json' &&
    JSON.stringify(shapeOf(json(response))) === JSON.stringify(shapeOf(success));
  return isSuccess ? 'as published' : `${String(response.status)} ${mediaType} ${response.body}`;
}

/** Returns members and types, and codes, without tokens and times. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value;
  const members: [string, unknown][] = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return members.map(([name, member]) => [name, name === 'code' ? member : shapeOf(member)]);
}

/** Expects one sentence that starts with the name of the document. */
function expectSentence(sentence: string, contract: ContractName, rest: RegExp): void {
  expect(sentence).toMatch(/^[^\n]+\.$/);
  const [, after] = sentence.split(`${contract}.yaml`);
  expect(after, sentence).toMatch(rest);
}
