// The reference page: Swagger UI without its own head, and a refresh token that follows its session.
import type { DemoCall } from '../model.ts';
import { claimsOf, find, messageOf } from './dom.ts';
import { curlWithoutToken, operationsAlone, withoutTags } from './swagger-plugins.ts';

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

const place = find('#try-it');
const words = find('.session-words');
const previousButton = find('.session-previous');
const newButton = document.querySelector<HTMLElement>('.session-new');
const { document: address = '', demo = '', token: anyToken = '', many = '', ready = '' } = place.dataset;
const isMany = many !== '';
// Swagger UI's script runs before this module and leaves its one function here.
const { SwaggerUIBundle } = globalThis as unknown as { readonly SwaggerUIBundle: Swagger };

let described: Described = { paths: {} };
let ui: SwaggerSystem | undefined;
/** The refresh tokens of the session in use, oldest first. */
let tokens: string[] = [];
/** The body with the token last filled in. */
let body: string | undefined;
let sent: Exchange | undefined;

followColourScheme();
start().catch((reason: unknown) => say(`This page could not be prepared: ${messageOf(reason)}.`));

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
  // The document that this very server serves.
  described = (await readJson(address)) as Described;
  // Swagger UI shows an operation once for each tag; tags order many operations and say nothing about one.
  if (!isMany) for (const operation of operations()) delete operation.tags;
  if (demo !== '') await beginSession().catch(sayNoSession);
  // Swagger UI puts the example over a body that is set later.
  if (body !== undefined) putIntoExamples(JSON.parse(body));
  await new Promise<void>((resolve) => {
    ui = SwaggerUIBundle({
      spec: described,
      domNode: place,
      presets: [SwaggerUIBundle.presets.apis],
      plugins: [operationsAlone, curlWithoutToken, ...(isMany ? [] : [withoutTags])],
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
        takeSuccessor(response);
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
  previousButton.addEventListener('click', presentPrevious);
}

async function beginSession(): Promise<void> {
  // As `demoPage` writes it.
  const call = (await readJson(demo)) as DemoCall;
  tokens = [call.token];
  body = call.body;
  fillIn(call.token);
  previousButton.hidden = true;
  say('A live token of a new demo session is filled in. Execute as often as you like.');
}

/** After a refresh the successor takes the place of the token that was sent. */
function takeSuccessor(response: Exchange): void {
  const before = refreshTokenIn(JSON.stringify([sent?.headers, sent?.body]));
  const successor = typeof response.text === 'string' ? refreshTokenIn(response.text) : undefined;
  if (before === undefined || successor === undefined || successor === before) return;
  if (typeof sent?.body === 'string') body = sent.body;
  if (tokens.at(-1) !== before) tokens = [before];
  tokens.push(successor);
  fillIn(successor);
  previousButton.hidden = false;
  say('Refreshed. The successor is filled in: Execute goes on from there.');
}

function presentPrevious(): void {
  const previous = tokens.at(-2);
  if (previous === undefined) return;
  tokens.pop();
  fillIn(previous);
  previousButton.hidden = tokens.length < 2;
  say('The token before is filled in. Within the grace period it gets the same successor again; later it is reuse.');
}

/** Puts a token where the document wants the credential: into a header, or into the body in place of another token. */
function fillIn(token: string): void {
  authorize(token);
  const replaced = body === undefined ? undefined : refreshTokenIn(body);
  if (body === undefined || replaced === undefined) return;
  body = body.replaceAll(replaced, token);
  for (const [path, item] of Object.entries(described.paths)) {
    for (const [method, { requestBody }] of Object.entries(item)) {
      if (requestBody === undefined) continue;
      ui?.oas3Actions.setRequestBodyValue({ value: indented(body), pathMethod: [path, method] });
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
  const shared = Object.values(described.components?.requestBodies ?? {});
  for (const each of [...operations().map(({ requestBody }) => requestBody), ...shared]) {
    for (const { examples } of Object.values(each?.content ?? {})) {
      for (const example of Object.values(examples ?? {})) example.value = value;
    }
  }
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The first JWT with a generation, wherever a contract has it. */
function refreshTokenIn(text: string): string | undefined {
  return text.match(/[\w-]+\.[\w-]+\.[\w-]+/g)?.find((candidate) => {
    try {
      return typeof claimsOf(candidate)['gen'] === 'number';
    } catch {
      return false;
    }
  });
}

async function readJson(from: string): Promise<unknown> {
  const response = await fetch(from, { cache: 'no-store' });
  if (!response.ok) throw new Error(`${from} was answered with ${response.status}`);
  return response.json();
}

function sayNoSession(reason: unknown): void {
  say(`There is no demo token: ${messageOf(reason)}.`);
}

function say(sentence: string): void {
  words.textContent = sentence;
}
