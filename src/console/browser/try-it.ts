// What the reference page runs in the browser: Swagger UI without its own head, and a token that goes along.
//
// One function that needs nothing from outside but the plugins, for its text is what the browser gets (see assets.ts).

import type { swaggerPlugins } from './swagger-plugins.ts';

/** What is used of Swagger UI; its package has no types. */
interface Swagger {
  (options: object): SwaggerSystem;
  readonly presets: { readonly apis: unknown };
}
interface SwaggerSystem {
  readonly preauthorizeApiKey: (scheme: string, value: string) => void;
  readonly oas3Actions: {
    readonly setRequestBodyValue: (change: { value: string; pathMethod: readonly [string, string] }) => void;
  };
}
interface Exchange {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly text?: unknown;
}
interface RequestBody {
  readonly content?: Readonly<Record<string, { readonly examples?: Readonly<Record<string, { value?: unknown }>> }>>;
}
interface Operation {
  readonly requestBody?: RequestBody;
  tags?: unknown;
}
interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: {
    readonly securitySchemes?: Readonly<Record<string, { readonly type?: string; readonly scheme?: string }>>;
    readonly requestBodies?: Readonly<Record<string, RequestBody>>;
  };
}
interface Call {
  readonly token: string;
  readonly body?: string;
}

export function tryIt({ operationsAlone, withoutTags, curlWithoutToken }: ReturnType<typeof swaggerPlugins>): void {
  const find = (selector: string): HTMLElement | null => document.querySelector<HTMLElement>(selector);
  const place = find('#try-it');
  if (place === null) return;
  const words = find('.session-words');
  const previousButton = find('.session-previous');
  const newButton = find('.session-new');
  const { document: address = '', demo = '', token: anyToken = '', many = '', ready = '' } = place.dataset;
  const isMany = many !== '';
  // Swagger UI's script, which comes before this one, leaves its one function here.
  const { SwaggerUIBundle } = globalThis as unknown as { readonly SwaggerUIBundle: Swagger };

  let described: Described = { paths: {} };
  let ui: SwaggerSystem | undefined;
  /** The tokens of the session in use, oldest first. */
  let tokens: string[] = [];
  /** The body with the token last filled in. */
  let body: string | undefined;

  followColourScheme();
  start().catch((reason: unknown) => {
    say(`This page could not be prepared: ${reason instanceof Error ? reason.message : String(reason)}.`);
  });

  /** Swagger UI has a dark scheme and does not ask the reader's system for it. */
  function followColourScheme(): void {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const follow = (): void => {
      document.documentElement.classList.toggle('dark-mode', dark.matches);
    };
    dark.addEventListener('change', follow);
    follow();
  }

  async function start(): Promise<void> {
    described = (await readJson(address)) as Described; // The document that this very server serves.
    // Under several tags an operation would be shown as often; of many they are the order.
    if (!isMany) for (const operation of operations()) delete operation.tags;
    if (demo !== '') await beginSession().catch(sayNoSession);
    // What is in the example is in the editor from the start; set later, Swagger UI would put the example over it.
    if (body !== undefined) putIntoExamples(JSON.parse(body));
    await new Promise<void>((resolve) => {
      ui = SwaggerUIBundle({
        spec: described,
        domNode: place,
        presets: [SwaggerUIBundle.presets.apis],
        plugins: isMany ? [operationsAlone, curlWithoutToken] : [operationsAlone, withoutTags, curlWithoutToken],
        layout: 'OperationsAlone',
        validatorUrl: null,
        docExpansion: isMany ? 'list' : 'full',
        deepLinking: isMany,
        tryItOutEnabled: ready !== '',
        displayRequestDuration: true,
        syntaxHighlight: { theme: 'tomorrow-night' },
        defaultModelsExpandDepth: 0,
        requestInterceptor: (request: Exchange) => {
          sent = request;
          return request;
        },
        responseInterceptor: (response: Exchange) => {
          goOn(response);
          return response;
        },
        onComplete: resolve,
      });
    });
    const token = tokens.at(-1) ?? anyToken;
    if (token !== '') authorize(token);
    if (newButton !== null) newButton.hidden = false;
    newButton?.addEventListener('click', () => {
      beginSession().catch(sayNoSession);
    });
    previousButton?.addEventListener('click', presentPrevious);
  }

  async function beginSession(): Promise<void> {
    const call = (await readJson(demo)) as Call; // As demo-page.ts writes it.
    tokens = [call.token];
    body = call.body;
    fillIn(call.token);
    if (previousButton !== null) previousButton.hidden = true;
    say('A live token of a new demo session is filled in. Execute as often as you like.');
  }

  let sent: Exchange | undefined;

  /** After a refresh the successor takes the place of the token that was sent. */
  function goOn(response: Exchange): void {
    const before = refreshTokenIn(JSON.stringify([sent?.headers, sent?.body]));
    const successor = typeof response.text === 'string' ? refreshTokenIn(response.text) : undefined;
    if (before === undefined || successor === undefined || successor === before) return;
    if (typeof sent?.body === 'string') body = sent.body;
    if (tokens.at(-1) !== before) tokens = [before];
    tokens.push(successor);
    fillIn(successor);
    if (previousButton !== null) previousButton.hidden = false;
    say('Refreshed. The successor is filled in: Execute goes on from there.');
  }

  function presentPrevious(): void {
    const previous = tokens.at(-2);
    if (previous === undefined) return;
    tokens.pop();
    fillIn(previous);
    if (previousButton !== null) previousButton.hidden = tokens.length < 2;
    say('The token before is filled in. Within the grace period it gets the same successor again; later it is reuse.');
  }

  /** Puts a token where the document wants the credential: a header's key, or the body with another token in it. */
  function fillIn(token: string): void {
    authorize(token);
    const replaced = body === undefined ? undefined : refreshTokenIn(body);
    if (body === undefined || replaced === undefined) return;
    body = body.replaceAll(replaced, token);
    for (const [path, item] of Object.entries(described.paths)) {
      for (const [method, { requestBody }] of Object.entries(item)) {
        if (requestBody === undefined) continue;
        ui?.oas3Actions.setRequestBodyValue({ value: spread(body), pathMethod: [path, method] });
      }
    }
  }

  function authorize(token: string): void {
    for (const [name, { type, scheme }] of Object.entries(described.components?.securitySchemes ?? {})) {
      if (type === 'apiKey' || scheme === 'bearer') ui?.preauthorizeApiKey(name, token);
    }
  }

  function operations(): readonly Operation[] {
    return Object.values(described.paths).flatMap((item) => Object.values(item));
  }

  function putIntoExamples(value: unknown): void {
    const bodies = [
      ...operations().map(({ requestBody }) => requestBody),
      ...Object.values(described.components?.requestBodies ?? {}),
    ];
    for (const media of bodies.flatMap((each) => Object.values(each?.content ?? {}))) {
      for (const example of Object.values(media.examples ?? {})) example.value = value;
    }
  }

  function spread(text: string): string {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }

  /** A refresh token of ours is a JWT whose claims tell its generation, wherever a contract has it. */
  function refreshTokenIn(text: string): string | undefined {
    return text.match(/[\w-]+\.[\w-]+\.[\w-]+/g)?.find((candidate) => {
      try {
        const claims = (candidate.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
        // Any object will do: what is asked of it is whether it has the claim.
        const { gen } = JSON.parse(atob(claims)) as { readonly gen?: unknown };
        return typeof gen === 'number';
      } catch {
        return false;
      }
    });
  }

  async function readJson(from: string): Promise<unknown> {
    const answer = await fetch(from, { cache: 'no-store' });
    if (!answer.ok) throw new Error(`${from} was answered with ${String(answer.status)}`);
    const content: unknown = await answer.json();
    return content;
  }

  function sayNoSession(reason: unknown): void {
    say(`There is no demo token: ${reason instanceof Error ? reason.message : String(reason)}.`);
  }

  function say(sentence: string): void {
    if (words !== null) words.textContent = sentence;
  }
}
