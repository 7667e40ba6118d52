// Parses the YAML of a document: it inlines references and finds the line of each member.
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument as parseYaml, visit } from 'yaml';
import { RefractError } from '../../errors.ts';
import type { Document, YAMLError, YAMLMap } from 'yaml';

/** The modules that parse a text here; a change of one invalidates cached documents. */
export const sourceFiles: readonly string[] = [import.meta.url, import.meta.resolve('yaml/package.json')];

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [member: string]: Json };

/** One parsed file. */
export class Source {
  /** As written. */
  readonly document: JsonObject;
  /** With references inlined. */
  readonly root: JsonObject;
  readonly #file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #tree: Document;
  readonly #nodes = new WeakMap<JsonObject, YAMLMap>();

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    this.#tree = parseYaml(text, { lineCounter: this.#lines, prettyErrors: false });
    const [broken] = this.#tree.errors;
    if (broken)
      this.#refuseAt(
        this.#findStart(broken),
        `the YAML is broken: ${broken.message}; fix this line or the one above`,
        'unreadable_document',
      );
    const { contents } = this.#tree;
    const version = isMap(contents) ? contents.get('openapi') : undefined;
    if (!/^3\.1\.\d+$/.test(String(version))) {
      const node = isMap(contents) ? contents.items.find(({ key }) => String(key) === 'openapi')?.key : undefined;
      const problem = 'this is not an OpenAPI 3.1 document; write `openapi: 3.1.0`';
      this.#refuseAt(isNode(node) ? node.range?.[0] : 0, problem, 'unreadable_document');
    }
    const root = this.#inline(contents, []);
    const document: unknown = this.#tree.toJS();
    if (!isObject(root) || !isObject(document)) this.#refuseAt(0, 'this is not an OpenAPI document');
    this.root = root;
    this.document = document;
  }

  /** @throws RefractError `document` with file and line of a member */
  refuse(holder: JsonObject, member: string, problem: string): never {
    this.#refuseAt(this.#offsetOf(holder, member), problem);
  }

  /** Returns the line of a member, or of its holder. */
  lineOf(holder: JsonObject, member: string): number {
    return this.#lines.linePos(this.#offsetOf(holder, member) ?? 0).line;
  }

  #offsetOf(holder: JsonObject, member: string): number | undefined {
    const items = this.#nodes.get(holder)?.items ?? [];
    const pair = items.find(({ key }) => isScalar(key) && String(key.value) === member) ?? items[0];
    return isNode(pair?.key) ? pair.key.range?.[0] : undefined;
  }

  /** Returns a plain copy with references inlined. @param within the references that lead here */
  #inline(node: unknown, within: readonly string[]): Json {
    if (isAlias(node)) this.#refuseAt(node.range?.[0], `the alias *${node.source} is not supported; write it out`);
    if (isNode(node) && node.anchor) {
      // The range of a node begins behind its anchor.
      const offset = this.#text.lastIndexOf(`&${node.anchor}`, node.range?.[0]);
      this.#refuseAt(offset, `the anchor &${node.anchor} is not supported; remove it`);
    }
    if (isSeq(node)) return node.items.map((item) => this.#inline(item, within));
    if (!isMap(node)) return isScalar(node) && isPlain(node.value) ? node.value : null;
    const merge = node.items.find(({ key }) => isScalar(key) && key.value === '<<');
    if (isNode(merge?.key)) this.#refuseAt(merge.key.range?.[0], 'the merge key << is not supported; write it out');
    const members = node.items.map(({ key, value }): [string, Json] => [
      memberName(this.#inline(key, [])),
      this.#inline(value, within),
    ]);
    const { $ref, ...siblings } = Object.fromEntries(members);
    if (typeof $ref === 'string') return this.#resolve($ref, node, siblings, within);
    const object = Object.fromEntries(members);
    this.#nodes.set(object, node);
    return object;
  }

  #resolve($ref: string, node: YAMLMap, siblings: JsonObject, within: readonly string[]): Json {
    const path = pointerSteps($ref);
    const target: unknown = path.shift() === '#' ? this.#tree.getIn(path, true) : undefined;
    if (!isMap(target)) this.#refuseAt(node.range?.[0], `the reference ${$ref} leads nowhere in this file; correct it`);
    if (within.includes($ref))
      this.#refuseAt(node.range?.[0], `the reference ${$ref} leads back to itself; break the circle`);
    const inlined = this.#inline(target, [...within, $ref]);
    const describing = Object.keys(siblings).every((name) => name === 'summary' || name === 'description');
    if (!isObject(inlined) || !describing) return { ...siblings, allOf: [inlined] };
    return Object.assign(inlined, siblings);
  }

  /** The parser reports an unclosed quote at the end of the file; its start is more useful. */
  #findStart({ code, pos: [offset] }: YAMLError): number {
    let opened = offset;
    if (code === 'MISSING_CHAR')
      visit(this.#tree, {
        Scalar: (_key, { type, range }) => {
          if (type?.startsWith('QUOTE') && range) [opened] = range;
        },
      });
    return opened;
  }

  #refuseAt(offset: number | undefined, problem: string, code: 'document' | 'unreadable_document' = 'document'): never {
    const line = offset === undefined ? '' : `:${String(this.#lines.linePos(offset).line)}`;
    throw new RefractError(code, `${this.#file}${line}: ${problem}.`);
  }
}

/** Returns the steps of a JSON pointer; the first is the text before its first slash (RFC 6901 §4). */
export function pointerSteps(pointer: string): string[] {
  return pointer.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Reports whether a value is an object and not a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const memberName = (key: Json): string => (typeof key === 'string' ? key : JSON.stringify(key));

const isPlain = (value: unknown): value is null | boolean | number | string =>
  value === null || ['boolean', 'number', 'string'].includes(typeof value);
