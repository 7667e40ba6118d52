// An OpenAPI document, read with `yaml` only: the product's own loader is under test.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Responses } from '../../../test/shared/documented.ts';

export type Members = Readonly<Record<string, unknown>>;

export interface Documented {
  readonly name: string;
  readonly operations: readonly Operation[];
}

export interface Operation extends Responses {
  /** The name of its document. */
  readonly contract: string;
  readonly id: string;
  /** In upper case. */
  readonly method: string;
  /** With the base path. */
  readonly template: string;
  readonly parameters: readonly { readonly place: string; readonly name: string; readonly schema: Members }[];
  readonly body: Body | undefined;
  /** The scheme of the Authorization header, where a credential is required. */
  readonly credential: 'apiKey' | 'bearer' | undefined;
}

export interface Body {
  readonly mediaType: string;
  readonly schema: Members;
  /** The name of the credential's member: the only required string. */
  readonly credential: string | undefined;
}

/** @param tree whose openapi folder has the document */
export function readDocumented(tree: string, name: string): Documented {
  const written: unknown = parse(readFileSync(join(tree, 'openapi', `${name}.yaml`), 'utf8'));
  const document = dereferenced(written, written);
  const basePath = new URL(String(at(document, 'servers', '0', 'url')), 'http://origin').pathname;
  const credentialOf = (security: unknown): Operation['credential'] => {
    const [scheme] = Object.values(membersOf(security)).flatMap((one) => Object.keys(membersOf(one)));
    if (scheme === undefined) return undefined;
    return at(document, 'components', 'securitySchemes', scheme, 'type') === 'http' ? 'bearer' : 'apiKey';
  };
  const operations = entriesOf(at(document, 'paths')).flatMap(([path, methods]) =>
    entriesOf(methods).map(([method, operation]): Operation => ({
      contract: name,
      id: String(at(operation, 'operationId')),
      method: method.toUpperCase(),
      template: basePath + path,
      parameters: Object.values(membersOf(at(operation, 'parameters'))).map((parameter) => ({
        place: String(at(parameter, 'in')),
        name: String(at(parameter, 'name')),
        schema: membersOf(at(parameter, 'schema')),
      })),
      body: bodyOf(at(operation, 'requestBody', 'content')),
      credential: credentialOf(at(operation, 'security') ?? at(document, 'security')),
      responses: new Map(
        entriesOf(at(operation, 'responses')).map(([status, one]) => [Number(status), responseOf(one)]),
      ),
    })),
  );
  return { name, operations };
}

function bodyOf(content: unknown): Body | undefined {
  const [found] = entriesOf(content);
  if (found === undefined) return undefined;
  const schema = membersOf(at(found[1], 'schema'));
  const required = Object.values(membersOf(schema['required'])).map(String);
  const texts = required.filter((one) => at(schema, 'properties', one, 'type') === 'string');
  return { mediaType: found[0], schema, credential: texts.length === 1 ? texts[0] : undefined };
}

function responseOf(response: unknown) {
  const [content] = entriesOf(at(response, 'content'));
  const headers = entriesOf(at(response, 'headers')).map(([name, header]) => {
    const required = at(header, 'required') === true;
    return [name, { required, schema: membersOf(at(header, 'schema')) }] as const;
  });
  const schema = content && membersOf(at(content[1], 'schema'));
  return { mediaType: content?.[0], schema, headers: new Map(headers) };
}

/** The members of an object or a list; none of any other value. */
export function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function entriesOf(value: unknown): [string, unknown][] {
  return Object.entries(membersOf(value));
}

/** The member at a path; `undefined` where there is none. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((current: unknown, name) => membersOf(current)[name], value);
}

/** Returns the value with its references (RFC 6901) resolved. */
function dereferenced(value: unknown, document: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => dereferenced(one, document));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref } = membersOf(value);
  if (typeof $ref !== 'string') {
    return Object.fromEntries(entriesOf(value).map(([name, one]) => [name, dereferenced(one, document)]));
  }
  const steps = $ref.replace(/^#\//, '').split('/');
  const names = steps.map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
  return dereferenced(at(document, ...names), document);
}
