/**
 * The house rules that redocly.yaml cannot express itself, as a redocly plugin.
 *
 * - no-shared-nodes: no YAML anchors, aliases and merge keys; generators crash on them or read something else.
 * - example-for-every-body: a mock and a reader see each documented answer, and each request, by example.
 * - closed-responses: an answer has the documented members and no other.
 * - response-headers: what every answer carries is declared, and declared as required.
 * - throttled-and-unavailable: the two answers that are added to every contract.
 */
import { isAlias, isScalar, LineCounter, parseDocument, visit } from 'yaml';

export default function houseRules() {
  return {
    id: 'house',
    rules: {
      oas3: {
        'no-shared-nodes': noSharedNodes,
        'example-for-every-body': exampleForEveryBody,
        'closed-responses': closedResponses,
        'response-headers': responseHeaders,
        'throttled-and-unavailable': throttledAndUnavailable,
      },
    },
  };
}

function noSharedNodes() {
  return {
    Root(_root, { location: { source }, report }) {
      const lines = new LineCounter();
      const complain = (node, message) => {
        const { line, col } = lines.linePos(node.range[0]);
        report({ message, location: { source, pointer: undefined, start: { line, col } } });
      };
      const look = (_key, node) => {
        if (isAlias(node)) complain(node, `Write out what the alias *${node.source} stands for.`);
        else if (node.anchor)
          complain(node, `Remove the anchor &${node.anchor} and write out what its aliases stand for.`);
        else if (isScalar(node) && _key === 'key' && node.value === '<<')
          complain(node, 'Write out what the merge key << brings in.');
      };
      visit(parseDocument(source.body, { lineCounter: lines }), { Node: look });
    },
  };
}

function exampleForEveryBody() {
  return {
    MediaType(media, { report, location }) {
      if (Object.keys(media.examples ?? {}).length === 0)
        report({ message: 'Give the body at least one named example under `examples`.', location: location.key() });
    },
  };
}

function closedResponses() {
  const seen = new Set();
  return {
    Response(response, { report, resolve, location }) {
      const visit = (schema, at) => {
        if (typeof schema !== 'object' || schema === null) return;
        if (schema.$ref !== undefined) {
          const target = resolve(schema, at.source.absoluteRef);
          if (target.location) visit(target.node, target.location);
          return;
        }
        if (seen.has(at.absolutePointer)) return;
        seen.add(at.absolutePointer);
        const isObject = [schema.type].flat().includes('object') || schema.properties !== undefined;
        if (isObject && schema.additionalProperties !== false)
          report({ message: 'Close this object of an answer with `additionalProperties: false`.', location: at.key() });
        for (const [key, below] of subschemas(schema)) visit(below, at.child(key));
      };
      for (const [mediaType, { schema }] of Object.entries(response.content ?? {}))
        visit(schema, location.child(['content', mediaType, 'schema']));
    },
  };
}

function subschemas(schema) {
  const named = Object.entries(schema.properties ?? {}).map(([name, below]) => [['properties', name], below]);
  const listed = ['oneOf', 'anyOf', 'allOf', 'prefixItems'].flatMap((key) =>
    (schema[key] ?? []).map((below, index) => [[key, index], below]),
  );
  return [...named, ...listed, [['items'], schema.items]];
}

const everywhere = ['X-Request-Id', 'Cache-Control'];
const later = ['Retry-After'];

function responseHeaders() {
  return {
    Response(response, { report, resolve, location, key }) {
      const names = ['429', '503'].includes(String(key)) ? [...everywhere, ...later] : everywhere;
      for (const name of names) {
        const header = response.headers?.[name] && resolve(response.headers[name]).node;
        if (header?.required !== true)
          report({ message: `Declare the header ${name} with \`required: true\`.`, location: location.key() });
      }
    },
  };
}

function throttledAndUnavailable() {
  return {
    Operation(operation, { report, resolve, location }) {
      for (const status of ['429', '503']) {
        const response = operation.responses?.[status] && resolve(operation.responses[status]).node;
        const mediaTypes = Object.keys(response?.content ?? {});
        if (mediaTypes.join() === 'text/plain') continue;
        const at = location.child(response ? ['responses', status] : ['responses']).key();
        report({ message: `Document ${status} with a body of text/plain and nothing else.`, location: at });
      }
    },
  };
}
