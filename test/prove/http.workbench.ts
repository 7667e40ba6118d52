// The HTTP proof finds each planted bug and reports its reason.
import { expectEachFound, type PlantedBug } from './planted.ts';

const bugs: readonly PlantedBug[] = [
  [
    'unhandled errors of the HTTP parser are found',
    /the response has no text/,
    { file: 'src/http/listening.ts', text: '\n  respondToParserErrors(server);', replacement: '' },
  ],
  [
    'a missing limit of bodies is found',
    /a body above the limit: .*413/,
    {
      file: 'src/http/body.ts',
      text: 'const maxBodyBytes = 16 * 1024;',
      replacement: 'const maxBodyBytes = Infinity;',
    },
  ],
  [
    'a stack trace in a response is found',
    /the response has a stack trace/,
    {
      file: 'src/http/listening.ts',
      text: 'const body = `${status.slice(4)}\\n`;',
      replacement: 'const body = `${String(error.stack)}\\n`;',
    },
  ],
  [
    'an unreadable body that is reported as a fault is found',
    /it got the response 500/,
    {
      file: 'src/http/classify.ts',
      text: 'if (thrown.status === 400) return',
      replacement: 'if (thrown.status === 0) return',
    },
  ],
  [
    'a parser that accepts ambiguous requests is found',
    /smuggling: .*in place of 400/,
    {
      file: 'src/http/server.ts',
      text: 'connectionsCheckingInterval: 1000,',
      replacement: 'connectionsCheckingInterval: 1000,\n      insecureHTTPParser: true,',
    },
  ],
  [
    'missing timeouts of requests are found',
    /(the connection was|slow connections were) never closed/,
    {
      file: 'src/http/server.ts',
      text: 'requestTimeout: options.requestTimeout * 1000,',
      replacement: 'headersTimeout: 0,\n      requestTimeout: 0,',
    },
  ],
  [
    'a memory leak of requests is found',
    /memory grew from \d+ to \d+ MB/,
    {
      file: 'src/http/app.ts',
      text: 'const checkHead: RequestHandler = (request, response, next) => {',
      replacement:
        'const kept: unknown[] = [];\nconst checkHead: RequestHandler = (request, response, next) => {\n  kept.push(request);',
    },
  ],
];

expectEachFound('http', bugs);
