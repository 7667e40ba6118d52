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
      const lineOf = (offset) => lines.linePos(offset).line;
      const complain = (offset, message) => {
        const { line, col } = lines.linePos(offset);
        report({ message, location: { source, pointer: undefined, start: { line, col } } });
      };
      const anchored = [];
      const aliases = [];
      const look = (key, node) => {
        if (isAlias(node)) aliases.push(node);
        else if (node.anchor) anchored.push(node);
        else if (isScalar(node) && key === 'key' && node.value === '<<') return merge(node);
      };
      const merge = (node) => complain(node.range[0], 'Write out what the merge key << brings in.');
      visit(parseDocument(source.body, { lineCounter: lines }), {
        Pair: (_key, { key, value }) => {
          // One mistake, one finding: what is merged in is named where its anchor stands.
          if (isScalar(key) && key.value === '<<' && isAlias(value)) aliases.push(value);
          return isScalar(key) && key.value === '<<' && isAlias(value) ? visit.SKIP : undefined;
        },
        Node: look,
      });
      for (const { anchor, range } of anchored) {
        const uses = aliases.filter((alias) => alias.source === anchor).map(({ range: [offset] }) => lineOf(offset));
        const where = uses.length > 0 ? ` (line ${uses.join(', ')})` : '';
        // The range of a node begins behind its anchor.
        const at = source.body.lastIndexOf(`&${anchor}`, range[0]);
        complain(at, `Remove the anchor &${anchor} and write out what its aliases stand for${where}.`);
      }
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
  const seen = new Set();
  return {
    Response(response, { report, resolve, location, key }) {
      const names = ['429', '503'].includes(String(key)) ? [...everywhere, ...later] : everywhere;
      for (const name of names) {
        const declared = response.headers?.[name];
        const { node, location: shared } = declared ? resolve(declared, location.source.absoluteRef) : {};
        // A reference that leads nowhere is a finding already.
        if (declared?.$ref !== undefined && node === undefined) continue;
        if (node?.required === true) continue;
        // A header that many answers refer to is one mistake, where it stands.
        const at = declared?.$ref === undefined ? location : shared;
        if (seen.has(`${at.absolutePointer} ${name}`)) continue;
        seen.add(`${at.absolutePointer} ${name}`);
        report({ message: `Declare the header ${name} with \`required: true\`.`, location: at.key() });
      }
    },
  };
}

function throttledAndUnavailable() {
  return {
    Operation(operation, { report, resolve, location }) {
      const responses = operation.responses ?? {};
      // A wildcard, be it of the status or of the media type, is a finding already.
      const hasWildcard = Object.keys(responses).some((status) => !/^\d{3}$/.test(status));
      for (const status of ['429', '503']) {
        const declared = responses[status];
        if (declared === undefined && hasWildcard) continue;
        const response = declared && resolve(declared, location.source.absoluteRef).node;
        if (declared?.$ref !== undefined && response === undefined) continue;
        const mediaTypes = Object.keys(response?.content ?? {});
        if (mediaTypes.join() === 'text/plain' || mediaTypes.some((mediaType) => mediaType.includes('*'))) continue;
        const at = location.child(response ? ['responses', status] : ['responses']).key();
        report({ message: `Document ${status} with a body of text/plain and nothing else.`, location: at });
      }
    },
  };
}
