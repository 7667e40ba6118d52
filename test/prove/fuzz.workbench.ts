// The proof about made-up requests has teeth: it holds for this tree, and a bug planted in a copy makes it fail, for its
// own reason.
import { hasTeeth, type Tooth } from './planted.ts';

const bugs: readonly Tooth[] = [
  [
    'a refusal has a status that its document does not',
    /fib refreshSession: it was answered 403 .*, which is not documented/,
    {
      file: 'src/http/send.ts',
      text: 'sendSerialized(response, reply.status, {',
      replacement:
        "sendSerialized(response, reply.status === 401 && operation.path.startsWith('/auth/api') ? 403 : reply.status, {",
    },
  ],
  [
    'an answer has a member more while replies are not validated',
    /must NOT have additional properties/,
    {
      file: 'src/http/send.ts',
      text: 'JSON.stringify(reply.body));',
      replacement: 'JSON.stringify({ ...(reply.body as object), debug: true }));',
    },
  ],
  [
    '405 comes without Allow',
    /a 405 has no Allow/,
    {
      file: 'src/http/mount.ts',
      text: "else sendText(response, 405, 'Method Not Allowed', { Allow: allowed.join(', ') });",
      replacement: "else sendText(response, 405, 'Method Not Allowed');",
    },
  ],
  [
    '405 allows what the path does not have',
    /a 405 allows GET,HEAD,PATCH, and the document has PATCH/,
    {
      file: 'src/http/mount.ts',
      text: "else sendText(response, 405, 'Method Not Allowed', { Allow: allowed.join(', ') });",
      replacement:
        "else sendText(response, 405, 'Method Not Allowed', { Allow: ['GET', 'HEAD', ...allowed].join(', ') });",
    },
  ],
  [
    'unknown paths get a page',
    /a 404 is text\/html; charset=utf-8/,
    {
      file: 'src/http/app.ts',
      text: "  app.use((_request, response) => {\n    sendText(response, 404, 'Not Found');\n  });\n",
      replacement: '',
    },
  ],
  [
    'paths are matched whatever their case and their last slash',
    /it was answered .*, not 404; asked \["\w+ .*\//,
    { file: 'src/http/app.ts', text: "  app.enable('strict routing');\n", replacement: '' },
  ],
  [
    'a header is sent that the document does not have',
    /the header x-powered-by/,
    { file: 'src/http/app.ts', text: "  app.disable('x-powered-by');\n", replacement: '' },
  ],
  [
    'a required header is left out',
    /the header cache-control is missing/,
    {
      file: 'src/http/send.ts',
      text: '...commonHeaders(requestId), ',
      replacement: "'X-Request-Id': requestId, ",
    },
  ],
  [
    'Retry-After is no number of seconds',
    /the header retry-after is in a while/,
    {
      file: 'src/http/send.ts',
      text: 'response.setHeader(name, String(value));',
      replacement: "response.setHeader(name, name === 'Retry-After' ? 'in a while' : String(value));",
    },
  ],
  [
    'an answer is repeated under the id of another',
    /another answer had the same X-Request-Id/,
    {
      file: 'src/http/request.ts',
      text: 'requestId: randomUUID(),',
      replacement: "requestId: '5f0c8a54-8b8e-4a57-9d0f-0a8a0b3f6c21',",
    },
  ],
  [
    'requests are not held against the document',
    /it was answered .* to a request where .*, not /,
    {
      file: 'src/http/validator/operation.ts',
      text: 'validateRequest: (...input) => request.validate(...input),',
      replacement: 'validateRequest: (_request, _response, next) => next(),',
    },
  ],
  [
    'types of requests are made to fit',
    /to a request where data\/\w+ must be string, not /,
    { file: 'src/http/validator/operation.ts', text: 'coerceTypes: false', replacement: 'coerceTypes: true' },
  ],
  [
    'operators need no token',
    /admin \w+: it was answered .*, not 401/,
    {
      file: 'src/http/mount.ts',
      text: "const actor = warmUp.isRunning ? 'warm-up' : authorize(credential);",
      replacement: "const actor = authorize(credential) ?? 'any caller';",
    },
  ],
  [
    'a store that is held is a fault',
    /: it was answered 500 |code -1/,
    { file: 'src/store/sqlite/failures.ts', text: "  'SQLITE_BUSY',\n", replacement: '' },
  ],
  [
    'a mock answers what it was not asked for',
    /mock, \w+ \w+: it was answered /,
    {
      file: 'scripts/mock/prism.ts',
      text: "...(typeof status === 'number' && { code: status }),",
      replacement: '',
    },
  ],
  [
    'a mock is not asked whether there is such an answer',
    /mock, .*an undocumented wish was answered/,
    {
      file: 'scripts/mock/front.ts',
      text: "exposedHeaders: ['X-Request-Id', 'Retry-After'] }), refuseUndocumented];",
      replacement: "exposedHeaders: ['X-Request-Id', 'Retry-After'] })];",
    },
  ],
];

hasTeeth('fuzz', bugs, true);
