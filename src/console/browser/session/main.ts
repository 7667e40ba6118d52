// What the session page runs in the browser: a session as any application would open it, and everything that can happen
// to one at the press of a button. It is a module, served with the client's own modules (see modules.ts).
import { cloudreve } from '../../../client/cloudreve.ts';
import { fib } from '../../../client/fib.ts';
import { kirjaswappi } from '../../../client/kirjaswappi.ts';
import { orillion } from '../../../client/orillion.ts';
import { createSession, SignedOut, type Tokens } from '../../../client/session.ts';
import { xerial } from '../../../client/xerial.ts';
import { duration, generationOf, shownOf } from './shown.ts';
import { viewOf } from './view.ts';

const demo = document.querySelector<HTMLElement>('.demo');
const contract = [cloudreve, fib, kirjaswappi, orillion, xerial].find(({ name }) => name === demo?.dataset['contract']);
if (demo !== null && contract !== undefined) start(demo, contract);

function start(demo: HTMLElement, contract: typeof fib): void {
  const { base: basePath = contract.basePath, demo: demoPath = '', policy = '' } = demo.dataset;
  const { add, show, press } = viewOf(demo);
  const name = `demo:${contract.name}`;
  // Where the session keeps its tokens, and beside it what only this page knows of.
  const key = `refract:${name}`;
  const stolenKey = `${key}:stolen`;
  const cutKey = `${key}:cut`;
  const isCut = (): boolean => localStorage.getItem(cutKey) !== null;
  const shown = () => shownOf(localStorage.getItem(key));
  const draw = (): void => show(shown(), isCut());

  /** As the page's own `fetch`, as long as the server is not cut off; every request is in the timeline. */
  const wire: typeof fetch = async (input, init) => {
    const generation = `with the refresh token of generation ${shown()?.generation ?? '–'}`;
    if (isCut()) {
      add('wait', 'This tab asked, and nothing came through', generation);
      throw new TypeError('the server is cut off');
    }
    const response = await fetch(input, init);
    add('plain', `This tab asked, and was answered ${response.status}`, generation);
    return response;
  };
  const session = createSession({
    contract,
    origin: location.origin,
    basePath,
    name,
    storage: localStorage,
    fetch: wire,
  });

  session.on('refreshed', ({ by }) => {
    const now = shown();
    const tokens = `generation ${now?.generation ?? '–'}, access token ${now?.access ?? '–'}`;
    add('good', by === 'this' ? 'New tokens, for all tabs' : 'New tokens, which another tab has fetched', tokens);
    draw();
  });
  session.on('signed-out', ({ reason }) => {
    const words = {
      refused: ['bad', 'Signed out: the server has ended the session', 'the terminal refusal of the contract'],
      requested: ['plain', 'Signed out', 'asked for in this tab'],
      elsewhere: ['bad', 'Signed out, together with another tab', 'nothing was asked for here'],
    } as const;
    const [kind, what, about] = words[reason];
    add(kind, what, about);
    draw();
  });
  session.on('unavailable', ({ status, retryIn }) => {
    const answer = status === undefined ? 'no answer' : `status ${status}`;
    const wait = retryIn < 1_000 ? 'a moment' : duration(retryIn);
    add('wait', `The session waits, and asks again in ${wait}`, answer);
  });

  press('sign-in', async () => {
    const tokens = await demoTokens();
    localStorage.setItem(stolenKey, tokens.refreshToken);
    await session.signIn(tokens);
    add('good', 'Signed in as the demo subject', `generation ${shown()?.generation ?? '–'}`);
    draw();
  });
  press('refresh', async () => {
    await session.accessTokenAfter(await session.accessToken());
    draw();
  });
  press('expire', async () => {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    const over = { refreshAt: Date.now() - 1, expiresAt: Date.now() - 1 };
    localStorage.setItem(key, JSON.stringify({ ...Object(stored), ...over }));
    add('plain', 'The access token is over, for all tabs');
    draw();
    await session.accessToken();
  });
  press('cut', async () => {
    const wasCut = isCut();
    if (wasCut) localStorage.removeItem(cutKey);
    else localStorage.setItem(cutKey, 'cut');
    cutChanged();
  });
  press('sign-out', () => session.signOut());
  press('replay', replay);

  addEventListener('storage', (event) => {
    if (event.key === cutKey) cutChanged();
    else draw();
  });
  setInterval(draw, 1_000);
  session.isSignedIn().then(draw, draw);

  function cutChanged(): void {
    add(isCut() ? 'wait' : 'good', isCut() ? 'The server is cut off' : 'The server is back', 'in all tabs');
    draw();
    // As a browser says it when there is a network again; whoever waits does not wait any longer.
    if (!isCut()) dispatchEvent(new Event('online'));
  }

  /** What sign-in would give: a session of the demo subject, refreshed once for its access token. */
  async function demoTokens(): Promise<Tokens & { readonly expiresIn?: number }> {
    const answer = await fetch(demoPath, { cache: 'no-store' });
    if (!answer.ok) throw new Error(`a demo session is not given here (${answer.status})`);
    // As demo-page.ts writes it.
    const { token } = (await answer.json()) as { readonly token: string };
    const refreshed = await present(token);
    if (refreshed.kind !== 'granted') throw new Error('the demo session cannot be refreshed');
    return { ...refreshed, refreshToken: refreshed.refreshToken ?? token };
  }

  async function present(token: string): Promise<ReturnType<typeof fib.read>> {
    const { signal } = new AbortController();
    const { response, body } = await contract.send(token, { origin: location.origin, basePath, fetch, signal });
    return contract.read(response.status, body);
  }

  /** A thief has copied the refresh token when this session was signed in, and comes back with it. */
  async function replay(): Promise<void> {
    const stolen = localStorage.getItem(stolenKey);
    if (stolen === null) throw new Error('no token was stolen from this session');
    if (isCut()) throw new Error('a thief cannot reach the server either');
    // A predecessor gets its successor again within the grace period; an older one is told for what it is.
    for (let age = generationsSince(stolen); policy === 'single-use' && age < 2; age += 1) {
      await session.accessTokenAfter(await session.accessToken());
    }
    const answer = await present(stolen);
    const of = `the copy of generation ${generationOf(stolen)}`;
    if (answer.kind !== 'refused') {
      add('bad', 'A thief used a stolen token, and was given tokens', `${of}: ${policy} tokens cannot be told apart`);
      return;
    }
    add('bad', 'A thief used a stolen token, and was refused', `${of}: the server ends the session`);
    await session.accessTokenAfter(await session.accessToken()).catch((reason: unknown) => {
      if (!(reason instanceof SignedOut)) throw reason;
    });
  }

  function generationsSince(stolen: string): number {
    return Number(shown()?.generation) - Number(generationOf(stolen));
  }
}
