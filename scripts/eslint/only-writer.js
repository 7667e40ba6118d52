// Only one file writes responses and validates them against the document; all others return a reply. A response is
// recognized by its type, which has `writeHead` in node:http and in Express.

const writers = new Set([
  ...['send', 'sendFile', 'sendStatus', 'json', 'jsonp', 'status', 'redirect', 'render', 'download'],
  ...['end', 'write', 'writeHead', 'flushHeaders', 'writeContinue', 'writeEarlyHints', 'writeProcessing'],
  ...['set', 'header', 'append', 'type', 'contentType', 'vary', 'cookie', 'clearCookie', 'location', 'links'],
  ...['setHeader', 'setHeaders', 'appendHeader', 'removeHeader', 'attachment', 'format'],
]);
const settings = new Set(['statusCode', 'statusMessage']);

export default {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      writes: 'Only src/http/send.ts writes responses ({{name}}). Return a reply instead.',
    },
  },
  create({ sourceCode, report }) {
    const { program, getTypeAtLocation } = sourceCode.parserServices;
    const checker = program.getTypeChecker();

    function isResponse(node) {
      const type = checker.getApparentType(checker.getNonNullableType(getTypeAtLocation(node)));
      return checker.getPropertyOfType(type, 'writeHead') !== undefined;
    }

    function check(response, key, names) {
      const name = key.name ?? key.value;
      if (names.has(name) && isResponse(response)) report({ node: key, messageId: 'writes', data: { name } });
    }

    return {
      MemberExpression: ({ object, property }) => check(object, property, writers),
      'AssignmentExpression > MemberExpression.left': ({ object, property }) => check(object, property, settings),
      ObjectPattern(pattern) {
        for (const { type, key } of pattern.properties) if (type === 'Property') check(pattern, key, writers);
      },
    };
  },
};
