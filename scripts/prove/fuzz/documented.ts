// An OpenAPI document as the fuzz reads it: from its file, with `yaml` and `ajv` alone. The loader and the validator of
// the product are what is proved, so nothing here may come from them.
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export type Members = Readonly<Record<string, unknown>>;

export interface Documented {
  readonly name: string;
  readonly basePath: string;
  readonly operations: readonly Operation[];
  /** What a reference leads to; a value that is none as it is. */
  readonly resolved: (schema: unknown) => Members;
}

export interface Operation {
  /** The name of its document. */
  readonly contract: string;
  readonly id: string;
  /** In upper case. */
  readonly method: string;
  /** With the base path. */
  readonly template: string;
  readonly parameters: readonly Parameter[];
  readonly body: Body | undefined;
  /** How a credential is sent in the Authorization header, where one is needed. */
  readonly credential: 'apiKey' | 'bearer' | undefined;
  /** By status. */
  readonly answers: ReadonlyMap<number, Answer>;
}

export interface Parameter extends Checked {
  readonly place: 'path' | 'query';
  readonly name: string;
}

export interface Body extends Checked {
  readonly mediaType: string;
  /** The required text of it that is a credential, where it has exactly one. */
  readonly credential: string | undefined;
}

export interface Answer {
  /** Of its one media type. */
  readonly body: (Checked & { readonly mediaType: string }) | undefined;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, Checked & { readonly isRequired: boolean; readonly isNumber: boolean }>;
}

export interface Checked {
  readonly schema: unknown;
  /** What is wrong with a value; nothing where it fits. */
  readonly misfit: (value: unknown) => string | undefined;
}

/** @param tree whose openapi folder has the document */
export function readDocumented(tree: string, name: string): Documented {
  const document = membersOf(parse(readFileSync(join(tree, 'openapi', `${name}.yaml`), 'utf8')));
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  addFormats.default(ajv);
  // Words of OpenAPI that say nothing about a value. As a whole it is no schema; its references lead into it.
  ajv.addVocabulary(['example', ...Object.keys(document)]);
  ajv.addSchema(document, name, undefined, false);

  const follow = (pointer: Pointer): Place => {
    let value: unknown = document;
    for (const step of pointer) value = membersOf(value)[step];
    const { $ref } = membersOf(value);
    return typeof $ref === 'string' ? follow(stepsOf($ref)) : { pointer, members: membersOf(value) };
  };
  const below = ({ pointer }: Place, ...steps: readonly string[]): Place => follow([...pointer, ...steps]);
  const checked = (place: Place): Checked => {
    const validate = ajv.compile({ $ref: `${name}#${place.pointer.map((step) => `/${escaped(step)}`).join('')}` });
    return {
      schema: place.members,
      misfit: (value) => (validate(value) ? undefined : ajv.errorsText(validate.errors)),
    };
  };
  const resolved = (schema: unknown): Members => {
    const { $ref } = membersOf(schema);
    return typeof $ref === 'string' ? follow(stepsOf($ref)).members : membersOf(schema);
  };

  const root = follow([]);
  const server = below(root, 'servers', '0').members['url'];
  const basePath = new URL(textOf(server), 'http://origin').pathname;
  const operationOf = (path: string, method: string): Operation => {
    const operation = below(root, 'paths', path, method);
    return {
      contract: name,
      id: textOf(operation.members['operationId']),
      method: method.toUpperCase(),
      template: basePath + path,
      parameters: Object.keys(below(operation, 'parameters').members).map((index) => {
        const parameter = below(operation, 'parameters', index);
        const place = parameter.members['in'] === 'path' ? 'path' : 'query';
        return { place, name: textOf(parameter.members['name']), ...checked(below(parameter, 'schema')) };
      }),
      body: bodyOf(below(operation, 'requestBody', 'content')),
      credential: credentialOf(operation.members['security'] ?? document['security']),
      answers: answersOf(below(operation, 'responses')),
    };
  };
  const bodyOf = (content: Place): Operation['body'] => {
    const [mediaType] = Object.keys(content.members);
    if (mediaType === undefined) return undefined;
    const schema = below(content, mediaType, 'schema');
    const { required = [], properties } = schema.members;
    const texts = Object.values(membersOf(required))
      .map(String)
      .filter((member) => resolved(membersOf(properties)[member])['type'] === 'string');
    return { mediaType, credential: texts.length === 1 ? texts[0] : undefined, ...checked(schema) };
  };
  const answersOf = (responses: Place): Operation['answers'] =>
    new Map(
      Object.keys(responses.members).map((status): [number, Answer] => {
        const response = below(responses, status);
        const content = below(response, 'content');
        const [mediaType] = Object.keys(content.members);
        const headers = Object.keys(below(response, 'headers').members).map((header) => {
          const place = below(response, 'headers', header);
          const schema = checked(below(place, 'schema'));
          const isNumber = membersOf(schema.schema)['type'] === 'integer';
          return [
            header.toLowerCase(),
            { ...schema, isNumber, isRequired: place.members['required'] === true },
          ] as const;
        });
        const body = mediaType && { mediaType, ...checked(below(content, mediaType, 'schema')) };
        return [Number(status), { body: body || undefined, headers: new Map(headers) }];
      }),
    );
  const credentialOf = (security: unknown): Operation['credential'] => {
    const [scheme] = Object.values(membersOf(security)).flatMap((requirement) => Object.keys(membersOf(requirement)));
    if (scheme === undefined) return undefined;
    return below(root, 'components', 'securitySchemes', scheme).members['type'] === 'http' ? 'bearer' : 'apiKey';
  };

  const paths = below(root, 'paths').members;
  const operations = Object.keys(paths).flatMap((path) =>
    Object.keys(below(root, 'paths', path).members).map((method) => operationOf(path, method)),
  );
  return { name, basePath, operations, resolved };
}

type Pointer = readonly string[];

interface Place {
  readonly pointer: Pointer;
  readonly members: Members;
}

/** Of a list the members are its indices; of what has none there are none. */
export function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`a text is missing in the document, there is ${String(value)}`);
  return value;
}

/** Of a reference within the document (RFC 6901). */
function stepsOf(reference: string): Pointer {
  return reference
    .replace(/^#\//, '')
    .split('/')
    .map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
}

function escaped(step: string): string {
  return encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'));
}
