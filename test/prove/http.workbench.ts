// The proof about HTTP has teeth: it holds for this tree, and a bug planted in a copy makes it fail, for its own reason.
import { hasTeeth, type Tooth } from './planted.ts';

const bugs: readonly Tooth[] = [
  [
    "the errors of Node's parser are left to Node",
    /there is no word in the answer/,
    { file: 'src/http/listening.ts', text: '\n  respondToParserErrors(server);', replacement: '' },
  ],
  [
    'bodies have no limit',
    /a body above the limit: .*413/,
    {
      file: 'src/http/body.ts',
      text: 'const maxBodyBytes = 16 * 1024;',
      replacement: 'const maxBodyBytes = Infinity;',
    },
  ],
  [
    'an error is told with its stack',
    /there is a stack trace in the answer/,
    {
      file: 'src/http/listening.ts',
      text: 'const body = `${status.slice(4)}\\n`;',
      replacement: 'const body = `${String(error.stack)}\\n`;',
    },
  ],
  [
    'a body that cannot be read is taken for a fault',
    /it was answered with 500/,
    {
      file: 'src/http/classify.ts',
      text: 'if (thrown.status === 400) return',
      replacement: 'if (thrown.status === 0) return',
    },
  ],
  [
    'requests may be ambiguous',
    /smuggling: .*in place of 400/,
    {
      file: 'src/http/server.ts',
      text: 'connectionsCheckingInterval: 1000,',
      replacement: 'connectionsCheckingInterval: 1000,\n      insecureHTTPParser: true,',
    },
  ],
  [
    'clients may take any time',
    /slow connections were never ended/,
    {
      file: 'src/http/server.ts',
      text: 'requestTimeout: options.requestTimeout * 1000,',
      replacement: 'headersTimeout: 0,\n      requestTimeout: 0,',
    },
  ],
  [
    'requests are kept',
    /memory went from \d+ to \d+ MB and stayed/,
    {
      file: 'src/http/app.ts',
      text: 'const checkHead: RequestHandler = (request, response, next) => {',
      replacement:
        'const kept: unknown[] = [];\nconst checkHead: RequestHandler = (request, response, next) => {\n  kept.push(request);',
    },
  ],
];

hasTeeth('http', bugs, true);
