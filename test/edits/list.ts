// Edits of a document without its adapter, and the check that finds each of them.
import type { ContractName } from '../shared/refreshing.ts';

export interface Edit {
  readonly what: string;
  readonly contract: ContractName;
  /** Replacements of the first occurrence of each text. */
  readonly replace: readonly (readonly [from: string | RegExp, to: string])[];
  /** The generator's error; then nothing is compiled. */
  readonly generating?: RegExp;
  /** The line of the adapter that does not compile with the types of the edited document, and the error. */
  readonly compiling?: readonly [source: RegExp, message: RegExp];
  /** The error at the start of a server with the edited document, after the name of the file. */
  readonly starting?: RegExp;
  /** Where a server starts: its response to the published request. */
  readonly published?: RegExp;
}

export const edits: readonly Edit[] = [
  {
    what: 'a response field is renamed',
    contract: 'fib',
    replace: [
      ['required: [accessToken, ', 'required: [access_token, '],
      ['        accessToken:\n          type: string', '        access_token:\n          type: string'],
    ],
    compiling: [/^granted: /, /'body\.data' are incompatible.* 'access_token' is missing/],
    starting:
      /^: refreshSession responds to granted with 200, but its body \/data must have required property 'access_token'/,
  },
  {
    what: 'a status is removed',
    contract: 'orillion',
    replace: [[/^ {8}'422':\n(?: {9,}.*\n)+/m, '']],
    compiling: [/^status: 422,$/, /'422' is not assignable to type '200 \| 400 \| 401 \| 404 \| 429 \| 500 \| 503'/],
    starting:
      /^: refreshSession responds to unprocessable_token with 422, but the document does not have this status\.$/,
  },
  {
    what: 'the type of a response field is changed',
    contract: 'fib',
    replace: [
      [
        'expirationTime:\n          type: integer\n          format: int64\n          minimum: 0',
        'expirationTime:\n          type: string',
      ],
    ],
    compiling: [/^granted: /, /'body\.data\.expirationTime' are incompatible/],
    starting: /^: refreshSession responds to granted with 200, but its body \/data\/expirationTime must be string/,
  },
  {
    what: 'a response needs another field',
    contract: 'kirjaswappi',
    replace: [
      [
        'required: [jwtToken]\n      properties:\n',
        'required: [jwtToken, expiresIn]\n      properties:\n        expiresIn:\n          type: integer\n',
      ],
    ],
    compiling: [
      /^granted: \(\{ access \}\) => \(\{ status: 200, body: \{ jwtToken: access\.token \} \}\),$/,
      /Property 'expiresIn' is missing/,
    ],
    starting:
      /^: refreshAuthenticationToken responds to granted with 200, but its body .*required property 'expiresIn'/,
  },
  {
    what: 'an operation is renamed',
    contract: 'xerial',
    replace: [['operationId: refreshTokens', 'operationId: exchangeTokens']],
    compiling: [
      /operations\['refreshTokens'\]|^refreshTokens: \{$/,
      /'refreshTokens' does not exist on type 'operations'/,
    ],
    starting: /^: the operation exchangeTokens has no handler in the adapter of xerial\.$/,
  },
  {
    what: 'a request needs another field',
    contract: 'xerial',
    replace: [
      [
        'required: [refreshToken]\n      properties:\n',
        'required: [refreshToken, device]\n      properties:\n        device:\n          type: string\n',
      ],
    ],
    compiling: [/^send: sendBy\(createXerialClient\),$/, /Property 'refresh' is missing/],
    starting:
      /^: the validator cannot serve refreshTokens with the document's own example: .*required property 'device'/,
  },
  {
    what: 'a request field is renamed',
    contract: 'kirjaswappi',
    replace: [
      [
        'required: [refreshToken]\n      properties:\n        refreshToken:',
        'required: [token]\n      properties:\n        token:',
      ],
    ],
    compiling: [/^credential: \(\{ body \}\) => body\.refreshToken,$/, /'refreshToken' does not exist on type/],
    starting:
      /^: the validator cannot serve refreshAuthenticationToken with the document's own example: .*property 'token'/,
  },
  {
    what: 'a request field is renamed together with its example',
    contract: 'cloudreve',
    replace: [
      ['value:\n                  refresh_token:', 'value:\n                  token:'],
      [
        'required: [refresh_token]\n      properties:\n        refresh_token:',
        'required: [token]\n      properties:\n        token:',
      ],
    ],
    compiling: [/^credential: \(\{ body \}\) => body\.refresh_token,$/, /'refresh_token' does not exist on type/],
    published: /^200 application\/json .*"code":40001,/,
  },
  {
    what: 'a header of a contract is no longer declared',
    contract: 'xerial',
    replace: [["            Retry-After:\n              $ref: '#/components/headers/RetryAfter'\n", '']],
    compiling: [/^throttled: throttled\(context\),$/, /'headers' are incompatible/],
    starting:
      /^: refreshTokens responds to throttled with 429, but the document does not have its header Retry-After\.$/,
  },
  {
    what: 'an unused header is declared',
    contract: 'fib',
    replace: [
      [
        '          headers:\n            X-Request-Id:',
        '          headers:\n            Expires:\n              required: true\n              schema:\n                type: string\n            X-Request-Id:',
      ],
    ],
    compiling: [/^granted: /, /Property 'headers' is missing/],
    starting: /^: refreshSession responds to granted with 200, but it lacks the header Expires\.$/,
  },
  {
    what: 'the media type of a success is changed',
    contract: 'kirjaswappi',
    replace: [['content:\n            application/json:', 'content:\n            text/plain:']],
    starting:
      /^: refreshAuthenticationToken responds to granted with 200, but the document gives it the media type text\/plain, /,
  },
  {
    what: 'the media type of a failure is changed',
    contract: 'orillion',
    replace: [[/('429':[^]*?)text\/plain:/, '$1application/json:']],
    starting:
      /^: refreshSession responds to throttled with 429, but the document gives it the media type application\/json, /,
  },
  {
    what: 'a constant of a failure is changed',
    contract: 'xerial',
    replace: [['const: 401', 'const: 400']],
    compiling: [/^const unauthorized: .*code: 401/, /'401' is not assignable to type '400'/],
    starting: /^: refreshTokens responds to \w+ with 401, but its body \/code must be equal to constant/,
  },
  {
    what: 'the constant of a success is changed',
    contract: 'cloudreve',
    replace: [['const: 0\n', 'const: 200\n']],
    compiling: [/^code: 0,$/, /'0' is not assignable to type '200 /],
    starting: /^: refreshToken responds to granted with 200, but its body .*\/code must be equal to constant/,
  },
  {
    what: 'a code of a failure is removed',
    contract: 'cloudreve',
    replace: [['enum: [-1, 40001, 40020]', 'enum: [-1, 40001]']],
    compiling: [
      /^return \{ status: 200, body: \{ code, msg, correlation_id: requestId \} \};$/,
      /'40020' is not assignable/,
    ],
    starting:
      /^: refreshToken responds to invalid_token with 200, but its body .*\/code must be equal to one of the allowed values/,
  },
  {
    what: 'the form of a time is changed',
    contract: 'xerial',
    replace: [['format: date-time', 'format: date']],
    starting: /^: refreshTokens responds to granted with 200, but its body \/access\/expires must match format "date"/,
  },
  {
    what: 'the path of an operation is changed',
    contract: 'orillion',
    replace: [['/authentication-management/session:', '/authentication-management/sessions:']],
    published: /^404 text\/plain/,
  },
  {
    what: 'the method of an operation is changed',
    contract: 'xerial',
    replace: [['    post:', '    put:']],
    published: /^405 text\/plain/,
  },
  {
    what: 'the header of a credential is renamed',
    contract: 'fib',
    replace: [['name: Authorization', 'name: X-Refresh-Token']],
    published: /^401 application\/json/,
  },
  {
    what: 'a contract is mounted elsewhere',
    contract: 'cloudreve',
    replace: [['url: /cloudreve/api/v4', 'url: /cloudreve/api/v5']],
    published: /^404 text\/plain/,
  },
];
