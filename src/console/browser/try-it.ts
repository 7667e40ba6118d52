// The reference page: Swagger UI without its own header, and the current refresh token of a session filled in.
import type { DemoCall } from '../model.ts';
import { claimsOf, find, messageOf } from './dom.ts';

/** The parts of Swagger UI that this script uses. Its package has no types. */
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
/** The argument of a plugin. */
interface PluginSystem {
  readonly React: { readonly createElement: (kind: unknown, props?: object | null, ...children: unknown[]) => unknown };
}
/** A request in Swagger UI's state: an Immutable map. */
interface RequestState {
  readonly getIn: (path: readonly string[]) => unknown;
  readonly setIn: (path: readonly string[], value: unknown) => RequestState;
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
interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: {
    readonly securitySchemes?: Readonly<Record<string, { readonly type?: string; readonly scheme?: string }>>;
    readonly requestBodies?: Readonly<Record<string, RequestBody>>;
  };
}

const root = find('#try-it');
const words = find('.session-words');
const copyButton = find('.session-copy');
const previousButton = find('.session-previous');
const newButton = document.querySelector<HTMLElement>('.session-new');
const { document: address = '', demo = '', token: anyToken = '', many = '', ready = '' } = root.dataset;
const hasMany = many !== '';
// Swagger UI's script runs before this module and defines this global.
const { SwaggerUIBundle } = globalThis as unknown as { readonly SwaggerUIBundle: Swagger };

let api: ApiDocument = { paths: {} };
let ui: SwaggerSystem | undefined;
/** The refresh tokens of the current session, oldest first. */
let tokens: string[] = [];
/** The request body with the last filled-in token. */
let body: string | undefined;
let sent: Exchange | undefined;

followColourScheme();
start().catch((reason: unknown) => say(`Try-it cannot start: ${messageOf(reason)}.`));

/** Swagger UI has a dark scheme, but does not follow the system's. */
function followColourScheme(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const follow = (): void => {
    document.documentElement.classList.toggle('dark-mode', dark.matches);
  };
  dark.addEventListener('change', follow);
  follow();
}

async function start(): Promise<void> {
  // This server serves the document.
  api = (await readJson(address)) as ApiDocument;
  // Swagger UI shows an operation once for each tag, which is useful only for many operations.
  if (!hasMany) for (const operation of operations()) delete operation.tags;
  if (demo !== '') await beginSession().catch(sayNoSession);
  // Swagger UI overwrites a body that is set later with the example.
  if (body !== undefined) putIntoExamples(JSON.parse(body));
  await new Promise<void>((resolve) => {
    ui = SwaggerUIBundle({
      spec: api,
      domNode: root,
      presets: [SwaggerUIBundle.presets.apis],
      plugins: [operationsOnly, curlWithoutToken, ...(hasMany ? [] : [withoutTags])],
      layout: 'OperationsOnly',
      validatorUrl: null,
      docExpansion: hasMany ? 'list' : 'full',
      deepLinking: hasMany,
      tryItOutEnabled: ready !== '',
      displayRequestDuration: true,
      syntaxHighlight: { theme: 'tomorrow-night' },
      defaultModelsExpandDepth: 0,
      requestInterceptor: (request: Exchange) => {
        sent = request;
        return request;
      },
      responseInterceptor: (response: Exchange) => {
        fillInSuccessor(response);
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
  // `demoPage` in console.ts writes this response.
  const call = (await readJson(demo)) as DemoCall;
  tokens = [call.token];
  body = call.body;
  fillIn(call.token);
  previousButton.hidden = true;
  say('A live token of a new demo session is filled in. Execute as often as you like.');
}

/** After a refresh, replaces the sent token by its successor. */
function fillInSuccessor(response: Exchange): void {
  const presented = refreshTokenIn(JSON.stringify([sent?.headers, sent?.body]));
  const successor = typeof response.text === 'string' ? refreshTokenIn(response.text) : undefined;
  if (presented === undefined || successor === undefined || successor === presented) return;
  if (typeof sent?.body === 'string') body = sent.body;
  if (tokens.at(-1) !== presented) tokens = [presented];
  tokens.push(successor);
  fillIn(successor);
  previousButton.hidden = false;
  say('Refreshed. The successor is filled in for the next request.');
}

function presentPrevious(): void {
  const previous = tokens.at(-2);
  if (previous === undefined) return;
  tokens.pop();
  fillIn(previous);
  previousButton.hidden = tokens.length < 2;
  say('The previous token is filled in. Within the grace period it is repeated; after it, it is reuse.');
}

/** Puts a token where the document expects the credential: into a header, or into the body. */
function fillIn(token: string): void {
  authorize(token);
  copyButton.dataset['copy'] = token;
  copyButton.hidden = false;
  const replaced = body === undefined ? undefined : refreshTokenIn(body);
  if (body === undefined || replaced === undefined) return;
  body = body.replaceAll(replaced, token);
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, { requestBody }] of Object.entries(item)) {
      if (requestBody === undefined) continue;
      ui?.oas3Actions.setRequestBodyValue({ value: indented(body), pathMethod: [path, method] });
    }
  }
}

function authorize(token: string): void {
  for (const [name, { type, scheme }] of Object.entries(api.components?.securitySchemes ?? {})) {
    if (type === 'apiKey' || scheme === 'bearer') ui?.preauthorizeApiKey(name, token);
  }
}

function operations(): readonly Operation[] {
  return Object.values(api.paths).flatMap((item) => Object.values(item));
}

function putIntoExamples(value: unknown): void {
  const shared = Object.values(api.components?.requestBodies ?? {});
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

/** Returns the first JWT with a generation: only a refresh token has one, in every contract. */
function refreshTokenIn(text: string): string | undefined {
  return text.match(/[\w-]+\.[\w-]+\.[\w-]+/g)?.find((candidate) => {
    try {
      return typeof claimsOf(candidate)['gen'] === 'number';
    } catch {
      return false;
    }
  });
}

async function readJson(path: string): Promise<unknown> {
  const response = await fetch(path, { cache: 'no-store' });
  if (!response.ok) throw new Error(`${path} has status ${response.status}`);
  return response.json();
}

function sayNoSession(reason: unknown): void {
  say(`No demo token is available: ${messageOf(reason)}.`);
}

function say(message: string): void {
  words.textContent = message;
}

/** A layout without title and servers, which the page shows itself. */
function operationsOnly({ React: { createElement } }: PluginSystem): object {
  const layout = ({ getComponent }: { readonly getComponent: (name: string, isConnected?: true) => unknown }) =>
    createElement(
      'div',
      { className: 'swagger-ui' },
      createElement(getComponent('SvgAssets')),
      createElement(getComponent('AuthorizeBtnContainer', true)),
      createElement(getComponent('operations', true)),
      createElement(getComponent('Models', true)),
    );
  return { components: { OperationsOnly: layout } };
}

/** Omits the heading of a tag. */
function withoutTags({ React: { createElement } }: PluginSystem): object {
  const untagged = () => (props: { readonly children?: unknown }) =>
    createElement('div', null, createElement('h3', { className: 'unseen' }, 'Operation'), props.children);
  return { wrapComponents: { OperationTag: untagged } };
}

/** Masks a bearer token in the displayed command, because it is entered like a password. */
function curlWithoutToken({ React: { createElement } }: PluginSystem): object {
  const masked = (curl: unknown) => (props: { readonly request: RequestState }) => {
    const { request } = props;
    const isBearer = /^Bearer /.test(String(request.getIn(['headers', 'Authorization'])));
    const shown = isBearer ? request.setIn(['headers', 'Authorization'], 'Bearer …') : request;
    return createElement(curl, { ...props, request: shown });
  };
  return { wrapComponents: { curl: masked } };
}
