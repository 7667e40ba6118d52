/**
 * A redocly plugin with the house rules that redocly.yaml cannot express.
 *
 * - no-shared-nodes: no YAML anchors, aliases or merge keys, because generators crash on them or misread them.
 * - example-for-every-body: every request and response body has an example, which mock and reference show.
 * - closed-responses: a response has the documented members only.
 * - response-headers: every response declares the common headers as required.
 * - throttled-and-unavailable: every operation documents 429 and 503 in plain text.
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
      const reportAt = (offset, message) => {
        const { line, col } = lines.linePos(offset);
        report({ message, location: { source, pointer: undefined, start: { line, col } } });
      };
      const anchored = [];
      const aliases = [];
      const collect = (key, node) => {
        if (isAlias(node)) aliases.push(node);
        else if (node.anchor) anchored.push(node);
        else if (isScalar(node) && key === 'key' && node.value === '<<') return reportMergeKey(node);
      };
      const reportMergeKey = (node) => reportAt(node.range[0], 'Write out what the merge key << brings in.');
      visit(parseDocument(source.body, { lineCounter: lines }), {
        Pair: (_key, { key, value }) => {
          // A merged alias is reported once, at its anchor.
          if (isScalar(key) && key.value === '<<' && isAlias(value)) aliases.push(value);
          return isScalar(key) && key.value === '<<' && isAlias(value) ? visit.SKIP : undefined;
        },
        Node: collect,
      });
      for (const { anchor, range } of anchored) {
        const uses = aliases.filter((alias) => alias.source === anchor).map(({ range: [offset] }) => lineOf(offset));
        const where = uses.length > 0 ? ` (line ${uses.join(', ')})` : '';
        // The range of a node begins after its anchor.
        const at = source.body.lastIndexOf(`&${anchor}`, range[0]);
        reportAt(at, `Remove the anchor &${anchor} and write out what its aliases stand for${where}.`);
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
          report({
            message: 'Close this object of a response with `additionalProperties: false`.',
            location: at.key(),
          });
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

const commonHeaders = ['X-Request-Id', 'Cache-Control'];

function responseHeaders() {
  const seen = new Set();
  return {
    Response(response, { report, resolve, location, key }) {
      const names = ['429', '503'].includes(String(key)) ? [...commonHeaders, 'Retry-After'] : commonHeaders;
      for (const name of names) {
        const declared = response.headers?.[name];
        const { node, location: shared } = declared ? resolve(declared, location.source.absoluteRef) : {};
        // Another rule reports an unresolved reference.
        if (declared?.$ref !== undefined && node === undefined) continue;
        if (node?.required === true) continue;
        // A header that many responses refer to is reported once, at its definition.
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
      // Another rule reports a wildcard in a status or a media type.
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
