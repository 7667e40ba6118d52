// Bundled from src/console/browser/ by `npm run generate`; edit the sources, not this file.
// node_modules/openapi-fetch/dist/index.mjs
const PATH_PARAM_RE = /\{[^{}]+\}/g;
const supportsRequestInitExt = () => {
	return typeof process === "object" && Number.parseInt(process?.versions?.node?.substring(0, 2)) >= 18 && process.versions.undici;
};
function randomID() {
	return Math.random().toString(36).slice(2, 11);
}
function createClient(clientOptions) {
	let { baseUrl = "", Request: CustomRequest = globalThis.Request, fetch: baseFetch = globalThis.fetch, querySerializer: globalQuerySerializer, bodySerializer: globalBodySerializer, pathSerializer: globalPathSerializer, headers: baseHeaders, requestInitExt = void 0, ...baseOptions } = { ...clientOptions };
	requestInitExt = supportsRequestInitExt() ? requestInitExt : void 0;
	baseUrl = removeTrailingSlash(baseUrl);
	const globalMiddlewares = [];
	async function coreFetch(schemaPath, fetchOptions) {
		const { baseUrl: localBaseUrl, fetch = baseFetch, Request = CustomRequest, headers, params = {}, parseAs = "json", querySerializer: requestQuerySerializer, bodySerializer = globalBodySerializer ?? defaultBodySerializer, pathSerializer: requestPathSerializer, body, middleware: requestMiddlewares = [], ...init } = fetchOptions || {};
		let finalBaseUrl = baseUrl;
		if (localBaseUrl) finalBaseUrl = removeTrailingSlash(localBaseUrl) ?? baseUrl;
		let querySerializer = typeof globalQuerySerializer === "function" ? globalQuerySerializer : createQuerySerializer(globalQuerySerializer);
		if (requestQuerySerializer) querySerializer = typeof requestQuerySerializer === "function" ? requestQuerySerializer : createQuerySerializer({
			...typeof globalQuerySerializer === "object" ? globalQuerySerializer : {},
			...requestQuerySerializer
		});
		const pathSerializer = requestPathSerializer || globalPathSerializer || defaultPathSerializer;
		const serializedBody = body === void 0 ? void 0 : bodySerializer(body, mergeHeaders(baseHeaders, headers, params.header));
		const finalHeaders = mergeHeaders(serializedBody === void 0 || serializedBody instanceof FormData ? {} : { "Content-Type": "application/json" }, baseHeaders, headers, params.header);
		const finalMiddlewares = [...globalMiddlewares, ...requestMiddlewares];
		const requestInit = {
			redirect: "follow",
			...baseOptions,
			...init,
			body: serializedBody,
			headers: finalHeaders
		};
		let id;
		let options;
		let request = new Request(createFinalURL(schemaPath, {
			baseUrl: finalBaseUrl,
			params,
			querySerializer,
			pathSerializer
		}), requestInit);
		let response;
		for (const key in init) if (!(key in request)) request[key] = init[key];
		if (finalMiddlewares.length) {
			id = randomID();
			options = Object.freeze({
				baseUrl: finalBaseUrl,
				fetch,
				parseAs,
				querySerializer,
				bodySerializer,
				pathSerializer
			});
			for (const m of finalMiddlewares) if (m && typeof m === "object" && typeof m.onRequest === "function") {
				const result = await m.onRequest({
					request,
					schemaPath,
					params,
					options,
					id
				});
				if (result) {
					if (result instanceof Request) request = result;
					else if (result instanceof Response) {
						response = result;
						break;
					} else throw new Error("onRequest: must return new Request() or Response() when modifying the request");
				}
			}
		}
		if (!response) {
			try {
				response = await fetch(request, requestInitExt);
			} catch (error2) {
				let errorAfterMiddleware = error2;
				if (finalMiddlewares.length) for (let i = finalMiddlewares.length - 1; i >= 0; i--) {
					const m = finalMiddlewares[i];
					if (m && typeof m === "object" && typeof m.onError === "function") {
						const result = await m.onError({
							request,
							error: errorAfterMiddleware,
							schemaPath,
							params,
							options,
							id
						});
						if (result) {
							if (result instanceof Response) {
								errorAfterMiddleware = void 0;
								response = result;
								break;
							}
							if (result instanceof Error) {
								errorAfterMiddleware = result;
								continue;
							}
							throw new Error("onError: must return new Response() or instance of Error");
						}
					}
				}
				if (errorAfterMiddleware) throw errorAfterMiddleware;
			}
			if (finalMiddlewares.length) for (let i = finalMiddlewares.length - 1; i >= 0; i--) {
				const m = finalMiddlewares[i];
				if (m && typeof m === "object" && typeof m.onResponse === "function") {
					const result = await m.onResponse({
						request,
						response,
						schemaPath,
						params,
						options,
						id
					});
					if (result) {
						if (!(result instanceof Response)) throw new Error("onResponse: must return new Response() when modifying the response");
						response = result;
					}
				}
			}
		}
		const contentLength = response.headers.get("Content-Length");
		if (response.status === 204 || request.method === "HEAD" || contentLength === "0" && !response.headers.get("Transfer-Encoding")?.includes("chunked")) return response.ok ? {
			data: void 0,
			response
		} : {
			error: void 0,
			response
		};
		if (response.ok) {
			const getResponseData = async () => {
				if (parseAs === "stream") return response.body;
				if (parseAs === "json" && !contentLength) {
					const raw = await response.text();
					return raw ? JSON.parse(raw) : void 0;
				}
				return await response[parseAs]();
			};
			return {
				data: await getResponseData(),
				response
			};
		}
		let error = await response.text();
		try {
			error = JSON.parse(error);
		} catch {}
		return {
			error,
			response
		};
	}
	return {
		request(method, url, init) {
			return coreFetch(url, {
				...init,
				method: method.toUpperCase()
			});
		},
		GET(url, init) {
			return coreFetch(url, {
				...init,
				method: "GET"
			});
		},
		PUT(url, init) {
			return coreFetch(url, {
				...init,
				method: "PUT"
			});
		},
		POST(url, init) {
			return coreFetch(url, {
				...init,
				method: "POST"
			});
		},
		DELETE(url, init) {
			return coreFetch(url, {
				...init,
				method: "DELETE"
			});
		},
		OPTIONS(url, init) {
			return coreFetch(url, {
				...init,
				method: "OPTIONS"
			});
		},
		HEAD(url, init) {
			return coreFetch(url, {
				...init,
				method: "HEAD"
			});
		},
		PATCH(url, init) {
			return coreFetch(url, {
				...init,
				method: "PATCH"
			});
		},
		TRACE(url, init) {
			return coreFetch(url, {
				...init,
				method: "TRACE"
			});
		},
		use(...middleware) {
			for (const m of middleware) {
				if (!m) continue;
				if (typeof m !== "object" || !("onRequest" in m || "onResponse" in m || "onError" in m)) throw new Error("Middleware must be an object with one of `onRequest()`, `onResponse() or `onError()`");
				globalMiddlewares.push(m);
			}
		},
		eject(...middleware) {
			for (const m of middleware) {
				const i = globalMiddlewares.indexOf(m);
				if (i !== -1) globalMiddlewares.splice(i, 1);
			}
		}
	};
}
function serializePrimitiveParam(name, value, options) {
	if (value === void 0 || value === null) return "";
	if (typeof value === "object") throw new Error("Deeply-nested arrays/objects aren’t supported. Provide your own `querySerializer()` to handle these.");
	return `${name}=${options?.allowReserved === true ? value : encodeURIComponent(value)}`;
}
function serializeObjectParam(name, value, options) {
	if (!value || typeof value !== "object") return "";
	const values = [];
	const joiner = {
		simple: ",",
		label: ".",
		matrix: ";"
	}[options.style] || "&";
	if (options.style !== "deepObject" && options.explode === false) {
		for (const k in value) values.push(k, options.allowReserved === true ? value[k] : encodeURIComponent(value[k]));
		const final2 = values.join(",");
		switch (options.style) {
			case "form": return `${name}=${final2}`;
			case "label": return `.${final2}`;
			case "matrix": return `;${name}=${final2}`;
			default: return final2;
		}
	}
	for (const k in value) {
		const finalName = options.style === "deepObject" ? `${name}[${k}]` : k;
		values.push(serializePrimitiveParam(finalName, value[k], options));
	}
	const final = values.join(joiner);
	return options.style === "label" || options.style === "matrix" ? `${joiner}${final}` : final;
}
function serializeArrayParam(name, value, options) {
	if (!Array.isArray(value)) return "";
	if (options.explode === false) {
		const joiner2 = {
			form: ",",
			spaceDelimited: "%20",
			pipeDelimited: "|"
		}[options.style] || ",";
		const final = (options.allowReserved === true ? value : value.map((v) => encodeURIComponent(v))).join(joiner2);
		switch (options.style) {
			case "simple": return final;
			case "label": return `.${final}`;
			case "matrix": return `;${name}=${final}`;
			default: return `${name}=${final}`;
		}
	}
	const joiner = {
		simple: ",",
		label: ".",
		matrix: ";"
	}[options.style] || "&";
	const values = [];
	for (const v of value) if (options.style === "simple" || options.style === "label") values.push(options.allowReserved === true ? v : encodeURIComponent(v));
	else values.push(serializePrimitiveParam(name, v, options));
	return options.style === "label" || options.style === "matrix" ? `${joiner}${values.join(joiner)}` : values.join(joiner);
}
function createQuerySerializer(options) {
	return function querySerializer(queryParams) {
		const search = [];
		if (queryParams && typeof queryParams === "object") for (const name in queryParams) {
			const value = queryParams[name];
			if (value === void 0 || value === null) continue;
			if (Array.isArray(value)) {
				if (value.length === 0) continue;
				search.push(serializeArrayParam(name, value, {
					style: "form",
					explode: true,
					...options?.array,
					allowReserved: options?.allowReserved || false
				}));
				continue;
			}
			if (typeof value === "object") {
				search.push(serializeObjectParam(name, value, {
					style: "deepObject",
					explode: true,
					...options?.object,
					allowReserved: options?.allowReserved || false
				}));
				continue;
			}
			search.push(serializePrimitiveParam(name, value, options));
		}
		return search.join("&");
	};
}
function defaultPathSerializer(pathname, pathParams) {
	let nextURL = pathname;
	for (const match of pathname.match(PATH_PARAM_RE) ?? []) {
		let name = match.substring(1, match.length - 1);
		let explode = false;
		let style = "simple";
		if (name.endsWith("*")) {
			explode = true;
			name = name.substring(0, name.length - 1);
		}
		if (name.startsWith(".")) {
			style = "label";
			name = name.substring(1);
		} else if (name.startsWith(";")) {
			style = "matrix";
			name = name.substring(1);
		}
		if (!pathParams || pathParams[name] === void 0 || pathParams[name] === null) continue;
		const value = pathParams[name];
		if (Array.isArray(value)) {
			nextURL = nextURL.replace(match, serializeArrayParam(name, value, {
				style,
				explode
			}));
			continue;
		}
		if (typeof value === "object") {
			nextURL = nextURL.replace(match, serializeObjectParam(name, value, {
				style,
				explode
			}));
			continue;
		}
		if (style === "matrix") {
			nextURL = nextURL.replace(match, `;${serializePrimitiveParam(name, value)}`);
			continue;
		}
		nextURL = nextURL.replace(match, style === "label" ? `.${encodeURIComponent(value)}` : encodeURIComponent(value));
	}
	return nextURL;
}
function defaultBodySerializer(body, headers) {
	if (body instanceof FormData) return body;
	if (headers) {
		if ((headers.get instanceof Function ? headers.get("Content-Type") ?? headers.get("content-type") : headers["Content-Type"] ?? headers["content-type"]) === "application/x-www-form-urlencoded") return new URLSearchParams(body).toString();
	}
	return JSON.stringify(body);
}
function createFinalURL(pathname, options) {
	let finalURL = `${options.baseUrl}${pathname}`;
	if (options.params?.path) finalURL = options.pathSerializer(finalURL, options.params.path);
	let search = options.querySerializer(options.params.query ?? {});
	if (search.startsWith("?")) search = search.substring(1);
	if (search) finalURL += `?${search}`;
	return finalURL;
}
function mergeHeaders(...allHeaders) {
	const finalHeaders = new Headers();
	for (const h of allHeaders) {
		if (!h || typeof h !== "object") continue;
		const iterator = h instanceof Headers ? h.entries() : Object.entries(h);
		for (const [k, v] of iterator) if (v === null) finalHeaders.delete(k);
		else if (Array.isArray(v)) for (const v2 of v) finalHeaders.append(k, v2);
		else if (v !== void 0) finalHeaders.set(k, v);
	}
	return finalHeaders;
}
function removeTrailingSlash(url) {
	if (url.endsWith("/")) return url.substring(0, url.length - 1);
	return url;
}
// src/client/contract.ts
function member(value, ...path) {
	let found = value;
	for (const name of path) found = found?.[name];
	return found;
}
function grantedIf(accessToken, refreshToken, expiresIn) {
	if (!isToken(accessToken) || !isToken(refreshToken)) return unavailable;
	return {
		kind: "granted",
		accessToken,
		refreshToken,
		...isSeconds(expiresIn) && { expiresIn }
	};
}
function sendBy(create) {
	return async (refreshToken, { origin, signal, ...options }) => {
		const { data, error, response } = await create(origin, options).refresh(refreshToken, { signal });
		return {
			response,
			body: data ?? error
		};
	};
}
function readEnvelope(status, body) {
	if (status === 200) {
		const data = member(body, "data");
		return grantedIf(member(data, "accessToken"), member(data, "refreshToken"), member(data, "expirationTime"));
	}
	return member(body, "status", "code") === status && [
		401,
		404,
		422
	].includes(status) ? refused : unavailable;
}
function isToken(value) {
	return typeof value === "string" && /^eyJ[\w-]+\.[\w.-]+$/.test(value);
}
function isSeconds(value) {
	return typeof value === "number" && value >= 0;
}
const refused = { kind: "refused" };
const unavailable = { kind: "unavailable" };
// src/client/events.ts
var SignedOut = class extends Error {
	name = "SignedOut";
};
var SessionUnavailable = class extends Error {
	name = "SessionUnavailable";
};
function createEvents(closing) {
	const listeners = new Set();
	return {
		on: (type, listener) => {
			const entry = {
				type,
				listener
			};
			listeners.add(entry);
			return () => listeners.delete(entry);
		},
		emit: (type, event) => {
			for (const entry of [...listeners]) {
				if (entry.type !== type || closing.aborted) continue;
				try {
					entry.listener(event);
				} catch (reason) {
					setTimeout(() => {
						throw reason;
					});
				}
			}
		}
	};
}
// src/client/runtime.ts
const runtime = globalThis;
function ignore() {}
function listen(target, type, listener) {
	target?.addEventListener?.(type, listener);
	return () => target?.removeEventListener?.(type, listener);
}
function startTimer(work, milliseconds) {
	const timer = setTimeout(work, milliseconds);
	timer.unref?.();
	return timer;
}
function sleep(milliseconds, wakers = [], start = startTimer) {
	return new Promise((resolve) => {
		const wake = () => {
			clearTimeout(timer);
			for (const stop of stops) stop();
			resolve();
		};
		const timer = start(wake, milliseconds);
		const stops = ["abort", "online"].flatMap((type) => wakers.map((waker) => listen(waker, type, wake)));
		if (wakers.some((waker) => waker?.aborted)) wake();
	});
}
async function withTimeout(pending, milliseconds, signals = []) {
	const settled = new AbortController();
	const ended = sleep(milliseconds, [...signals, settled.signal], setTimeout).then(() => {
		throw signals.find((signal) => signal?.aborted)?.reason ?? new SessionUnavailable("timeout");
	});
	try {
		return await Promise.race([pending, ended]);
	} finally {
		settled.abort();
	}
}
// src/client/authorized-fetch.ts
function createFetch(session, fetch, trusted) {
	const origins = [runtime.location?.origin, ...trusted.map(parseOrigin)];
	return async (input, init) => {
		const url = input instanceof Request ? input.url : String(input);
		if (!origins.includes(originOf(url))) return fetch(input, init);
		const request = new Request(input, init);
		const copy = request.clone();
		const response = await fetch(authorize(request, await session.accessToken(request.signal)));
		const retry = await retryRequest(session, request, response, copy);
		return retry ? fetch(retry) : response;
	};
}
function authorize(request, token) {
	request.headers.set("authorization", `Bearer ${token}`);
	return request;
}
async function retryRequest(session, { headers, signal }, response, copy) {
	const isForeign = response.redirected && originOf(response.url) !== originOf(copy.url);
	if (response.status !== 401 || isForeign) return void 0;
	const fresh = await session.accessTokenAfter(String(headers.get("authorization")).slice(7), signal);
	await response.body?.cancel();
	return authorize(new Request(copy, { headers }), fresh);
}
function originOf(address) {
	const { url } = new Request(address);
	return originPattern.exec(url)?.[0] ?? url;
}
function parseOrigin(address) {
	if (!originPattern.test(address)) throw new TypeError(`invalid origin ${address}`);
	return originOf(address);
}
const originPattern = /^https?:\/\/[^/?#]+/i;
// src/client/lock.ts
const patience = 15e3;
const holdAfterChange = 100;
function createLock(name, storage) {
	const locks = runtime.navigator?.locks;
	const isNode = runtime.process?.versions?.node;
	const acquire = locks && !isNode ? byWebLock(name, locks) : byLease(`${name}:lease`, storage);
	return async (work, isNeeded) => {
		const release = await acquire(isNeeded);
		let holdFor = 0;
		try {
			return await work(() => holdFor = holdAfterChange);
		} finally {
			await release(holdFor);
		}
	};
}
function byWebLock(name, locks) {
	return () => new Promise((resolve) => {
		const waiting = new AbortController();
		const timer = startTimer(() => waiting.abort(), patience);
		const hold = () => {
			clearTimeout(timer);
			return new Promise((release) => resolve((milliseconds) => startTimer(release, milliseconds)));
		};
		const request = async () => locks.request(name, { signal: waiting.signal }, hold);
		request().catch(() => resolve(ignore));
	});
}
function byLease(key, storage) {
	return async (isNeeded) => {
		let own = "";
		const write = (lifetime) => storage.setItem(key, own = `${Date.now() + lifetime}:${Math.random()}`);
		const shorten = async (lifetime) => {
			if (await storage.getItem(key) === own) await (lifetime > 0 ? write(lifetime) : storage.removeItem(key));
		};
		try {
			for (let waited = 0;; waited += 50) {
				const left = Number.parseInt(String(await storage.getItem(key))) - Date.now();
				if (!(left > 0 && left <= patience) || waited > patience) {
					await write(patience);
					await sleep(10 + Math.random() * 20);
					if (await storage.getItem(key) === own) break;
				} else if (!await isNeeded()) return ignore;
				await sleep(30 + Math.random() * 40);
			}
		} catch {}
		return async (milliseconds) => {
			await withTimeout(shorten(milliseconds), holdAfterChange).catch(ignore);
			if (milliseconds > 0) startTimer(() => void shorten(0).catch(ignore), milliseconds);
		};
	};
}
// src/client/stored-tokens.ts
const unshared = new WeakSet();
function memoryStorage() {
	const items = new Map();
	const storage = {
		getItem: (key) => items.get(key) ?? null,
		setItem: (key, value) => items.set(key, value),
		removeItem: (key) => items.delete(key)
	};
	unshared.add(storage);
	return storage;
}
const ahead = 6e4;
const longestTimer = 2 ** 31 - 1;
function toStored({ accessToken, refreshToken, expiresIn }, began = accessToken) {
	if (!isToken(accessToken) || !isToken(refreshToken)) throw new TypeError("tokens.accessToken and tokens.refreshToken must be compact JWS strings");
	const storedAt = Date.now();
	const stated = 1e3 * (expiresIn ?? lifetimeOf(accessToken));
	const lifetime = Number.isFinite(stated) ? stated : longestTimer;
	const early = Math.min(ahead, lifetime / 5) * (.75 + Math.random() / 4);
	const expiresAt = storedAt + lifetime;
	return {
		accessToken,
		refreshToken,
		began,
		storedAt,
		refreshAt: expiresAt - early,
		expiresAt
	};
}
function isDue({ storedAt, refreshAt }) {
	const now = Date.now();
	return now >= refreshAt || now < storedAt - ahead;
}
function parseStored$1(text) {
	try {
		const stored = JSON.parse(text ?? "");
		return isToken(stored.accessToken) && isToken(stored.refreshToken) && [
			stored.storedAt,
			stored.refreshAt,
			stored.expiresAt
		].every(Number.isFinite) ? stored : void 0;
	} catch {
		return;
	}
}
function lifetimeOf(accessToken) {
	try {
		const payload = atob((accessToken.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"));
		const { exp, nbf = Date.now() / 1e3, iat = nbf } = JSON.parse(payload) ?? {};
		return (exp || NaN) - iat;
	} catch {
		return NaN;
	}
}
// src/client/refresher.ts
const shortest = 250;
const longest = 3e4;
function createRefresher(parts) {
	const running = new Map();
	return (stale) => {
		const token = stale.accessToken;
		const refreshing = running.get(token) ?? refreshUntilDone(parts, stale).finally(() => running.delete(token));
		running.set(token, refreshing);
		return refreshing;
	};
}
async function refreshUntilDone(parts, stale) {
	const { shared, runLocked, emit, closing } = parts;
	const isStale = (stored) => stored?.accessToken === stale.accessToken && !closing.aborted;
	for (let failures = 0;; failures += 1) {
		const changed = shared.changed();
		const attempt = await runLocked(async (changing) => {
			const sent = await shared.read();
			if (!isStale(sent)) return { stored: sent };
			changing();
			return refreshOnce(parts, sent);
		}, async () => isStale(await shared.read()));
		if ("stored" in attempt) return attempt.stored;
		const backoff = runtime.navigator?.onLine === false ? longest : Math.min(shortest * 2 ** failures, longest);
		const retryIn = Math.max(attempt.wait, backoff) * (1 + Math.random() / 4);
		emit("unavailable", {
			status: attempt.status,
			retryIn
		});
		await sleep(retryIn, [
			closing,
			changed,
			attempt.wait > 0 ? void 0 : runtime
		]);
	}
}
async function refreshOnce(parts, sent) {
	const { contract, origin, basePath, answerTimeout, shared } = parts;
	const { refreshToken, began } = sent;
	const aborter = new AbortController();
	const { signal } = aborter;
	let response;
	const fetch = async (input, init) => response = await parts.fetch(input, {
		...init,
		redirect: "manual"
	});
	try {
		const received = await withTimeout(contract.send(refreshToken, {
			origin,
			basePath,
			fetch,
			signal
		}), answerTimeout);
		const result = contract.read(received.response.status, received.body);
		if (result.kind !== "unavailable") {
			const next = result.kind === "granted" ? toStored({
				...result,
				refreshToken: result.refreshToken ?? refreshToken
			}, began) : void 0;
			return { stored: await shared.replace(sent, next) };
		}
	} catch {
		aborter.abort();
	}
	return {
		status: response?.status,
		wait: retryAfter(response)
	};
}
function retryAfter(response) {
	const value = response?.headers.get("retry-after") ?? "";
	const now = Date.parse(response?.headers.get("date") ?? "") || Date.now();
	const wait = Number(value) * 1e3 || Date.parse(value) - now;
	return Math.min(wait, 3e5) || 0;
}
// src/client/shared-tokens.ts
function shareTokens({ key, isShared, storage, emit, closing, onRead }) {
	const slot = createSlot(storage, key);
	let changing = new AbortController();
	let known;
	let requests = 0;
	let queue = Promise.resolve();
	const enqueue = (work) => {
		const done = queue.then(work);
		queue = done.catch(ignore);
		return done;
	};
	const notice = (stored, reason) => {
		const before = known;
		known = stored?.accessToken;
		if (!closing.aborted) onRead(stored);
		if (known === before) return;
		changing.abort();
		changing = new AbortController();
		if (known) emit(before ? "refreshed" : "signed-in", { by: reason ? "this" : "another" });
		else emit("signed-out", { reason: reason ?? "elsewhere" });
	};
	const find = () => slot.read().then(parseStored$1);
	const read = async () => {
		const before = requests;
		const stored = await find();
		if (before === requests) notice(stored);
		return stored;
	};
	const write = async (stored, reason) => {
		await slot.write(stored ? JSON.stringify(stored) : null);
		requests += 1;
		notice(stored, reason);
		notify();
	};
	const notify = isShared ? connectTabs(key, closing, () => void read().catch(ignore)) : ignore;
	return {
		read: () => queue.then(read),
		store: (tokens) => {
			requests += 1;
			return enqueue(async () => {
				const stored = tokens && await find().catch(ignore);
				if (stored && stored.began === tokens.began) notice(stored);
				else await write(tokens, "requested");
			});
		},
		replace: async (sent, next) => {
			const before = requests;
			await enqueue(async () => {
				if ((await read())?.accessToken === sent.accessToken && before === requests) await write(next, "refused");
			});
			return queue.then(read);
		},
		changed: () => changing.signal
	};
}
function connectTabs(key, closing, onChange) {
	const stop = listen(runtime, "storage", (event) => {
		if ((event.key ?? key) === key) onChange();
	});
	let channel;
	try {
		channel = new BroadcastChannel(key);
		channel.onmessage = onChange;
		channel.unref?.();
	} catch {}
	closing.addEventListener("abort", () => {
		stop();
		channel?.close();
	});
	return () => {
		try {
			channel?.postMessage(0);
		} catch {}
	};
}
function createSlot(storage, key) {
	let last;
	let unwritten;
	const load = async () => {
		try {
			last = await storage.getItem(key) ?? null;
		} catch (reason) {
			if (last === void 0) throw reason;
		}
		return last;
	};
	const write = async (text) => {
		try {
			await (text === null ? storage.removeItem(key) : storage.setItem(key, text));
			last = text;
			unwritten = void 0;
		} catch {
			last ??= null;
			unwritten = {
				text,
				over: await load()
			};
		}
	};
	return {
		write,
		read: async () => {
			const found = await load();
			if (unwritten?.over !== found) {
				unwritten = void 0;
				return found;
			}
			const { text } = unwritten;
			await write(text);
			return text;
		}
	};
}
// src/client/session.ts
function createSession({ contract, origin, basePath = contract.basePath, tokens, storage = memoryStorage(), name = contract.name, sendTo = [], fetch = (...call) => globalThis.fetch(...call), answerTimeout = 1e4, patience = 3e4 }) {
	const given = tokens && toStored(tokens);
	const closer = new AbortController();
	const closing = closer.signal;
	const { on, emit } = createEvents(closing);
	const key = `refract:${name}`;
	const isShared = !unshared.has(storage);
	let timer;
	const shared = shareTokens({
		key,
		isShared,
		storage,
		emit,
		closing,
		onRead: (stored) => {
			clearTimeout(timer);
			if (!stored) return;
			timer = startTimer(() => void validToken().catch(ignore), Math.min(Math.max(1e3, stored.refreshAt - Date.now()), longestTimer));
		}
	});
	const refresh = createRefresher({
		contract,
		origin,
		basePath,
		fetch,
		answerTimeout,
		shared,
		emit,
		closing,
		runLocked: isShared ? createLock(key, storage) : (work) => work(ignore)
	});
	(given ? shared.store(given) : shared.read()).catch(ignore);
	const read = () => shared.read().catch((cause) => {
		throw new SessionUnavailable("storage failed", { cause });
	});
	const validToken = async (refused) => {
		const stored = await read();
		const isValid = stored && stored.accessToken !== refused && stored.expiresAt > Date.now();
		const next = stored && !isValid ? await refresh(stored) : stored;
		if (!next || next.began !== stored?.began) throw new SignedOut("signed-out");
		if (isValid && isDue(next)) refresh(next).catch(ignore);
		return next.accessToken;
	};
	const limit = (pending, signal) => withTimeout(pending, patience, [closing, signal]);
	const accessTokens = {
		accessToken: (signal) => limit(validToken(), signal),
		accessTokenAfter: (refused, signal) => limit(validToken(refused), signal)
	};
	return {
		...accessTokens,
		fetch: createFetch(accessTokens, fetch, [origin, ...sendTo]),
		isSignedIn: () => limit(read().then(Boolean)),
		signIn: async (tokens) => limit(shared.store(toStored(tokens))),
		signOut: () => limit(shared.store(void 0)),
		on,
		close: () => {
			closer.abort(new SessionUnavailable("closed"));
			clearTimeout(timer);
		}
	};
}
// src/console/browser/dom.ts
function find(selector, within = document) {
	const found = within.querySelector(selector);
	if (found === null) throw new Error(`the page has no ${selector}`);
	return found;
}
function element(name, className = "", text = "") {
	const created = document.createElement(name);
	created.className = className;
	created.textContent = text;
	return created;
}
function definitionRows(rows) {
	return rows.map(([term, fact]) => {
		const row = document.createElement("div");
		row.append(element("dt", "", term), element("dd", "", fact));
		return row;
	});
}
function setText(target, text) {
	if (target.textContent !== text) target.textContent = text;
}
function messageOf(reason) {
	return reason instanceof Error ? reason.message : String(reason);
}
function clockTime(date) {
	return date.toTimeString().slice(0, 8);
}
function claimsOf(token) {
	const claims = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
	return JSON.parse(atob(claims));
}
// src/console/browser/session-view.ts
const maxEntries = 60;
function parseStored(text) {
	if (text === null) return void 0;
	const stored = JSON.parse(text);
	const access = claimsOf(stored.accessToken);
	const refresh = claimsOf(stored.refreshToken);
	return {
		accessJti: shorten(access["jti"]),
		generation: generationOf(stored.refreshToken),
		sid: shorten(refresh["sid"]),
		refreshJti: shorten(refresh["jti"]),
		storedAtMs: stored.storedAt,
		expiresAtMs: stored.expiresAt,
		refreshExpiresAtMs: Number(refresh["exp"]) * 1e3
	};
}
function generationOf(refreshToken) {
	const { gen } = claimsOf(refreshToken);
	return typeof gen === "number" ? String(gen) : "–";
}
function duration(milliseconds) {
	const seconds = Math.max(0, Math.round(milliseconds / 1e3));
	if (seconds < 60) return `${seconds} s`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
	if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
	return `${Math.round(seconds / 86400)} days`;
}
function createView(demo) {
	const timeline = find(".timeline");
	const button = (action) => find(`[data-do="${action}"]`, demo);
	const fill = (card, rows) => find(`[data-token="${card}"] dl`, demo).replaceChildren(...definitionRows(rows));
	find(".another", demo).href = location.pathname;
	const add = (kind, what, about = "") => {
		const item = element("li", `entry entry-${kind}`);
		const time = element("time", "", clockTime(new Date()));
		item.append(time, element("strong", "entry-what", what), element("span", "entry-about quiet", about));
		timeline.prepend(item);
		while (timeline.childElementCount > maxEntries) timeline.lastElementChild?.remove();
	};
	const show = (stored, isCut) => {
		const leftMs = (stored?.expiresAtMs ?? 0) - Date.now();
		const words = stored === void 0 ? "Signed out." : "Signed in.";
		setText(find(".state", demo), isCut ? `${words} The server is cut off, in all tabs.` : words);
		demo.classList.toggle("is-out", stored === void 0);
		demo.classList.toggle("is-cut", isCut);
		fill("access", [["jti", stored?.accessJti ?? "–"], ["Expires in", stored === void 0 ? "–" : duration(leftMs)]]);
		fill("refresh", [
			["Generation", stored?.generation ?? "–"],
			["jti", stored?.refreshJti ?? "–"],
			["Session", stored?.sid ?? "–"],
			["Expires in", stored === void 0 ? "–" : duration(stored.refreshExpiresAtMs - Date.now())]
		]);
		const lifetimeMs = stored === void 0 ? 1 : Math.max(1, stored.expiresAtMs - stored.storedAtMs);
		const share = Math.min(1, Math.max(0, leftMs / lifetimeMs));
		find(".life span", demo).style.width = `${(100 * share).toFixed(1)}%`;
		for (const action of [
			"refresh",
			"expire",
			"replay",
			"sign-out"
		]) button(action).hidden = stored === void 0;
		button("sign-in").hidden = stored !== void 0;
		button("cut").hidden = false;
		button("cut").textContent = isCut ? "Bring the server back" : "Cut the server off";
	};
	const onPress = (action, work) => {
		button(action).addEventListener("click", () => {
			work().catch((reason) => add("bad", "The action failed", messageOf(reason)));
		});
	};
	return {
		add,
		show,
		onPress
	};
}
function shorten(claim) {
	return typeof claim === "string" ? claim.slice(0, 8) : "–";
}
// src/console/browser/session.ts
function openPage(contract) {
	const demo = find(".demo");
	const { base: basePath = contract.basePath, demo: demoPath = "", policy = "" } = demo.dataset;
	const { add, show, onPress } = createView(demo);
	const { origin } = location;
	const name = `demo:${contract.name}`;
	const key = `refract:${name}`;
	const stolenKey = `${key}:stolen`;
	const cutKey = `${key}:cut`;
	const isCut = () => localStorage.getItem(cutKey) !== null;
	const stored = () => parseStored(localStorage.getItem(key));
	const generation = () => stored()?.generation ?? "–";
	const draw = () => show(stored(), isCut());
	const tracedFetch = async (input, init) => {
		const about = `with the refresh token of generation ${generation()}`;
		if (isCut()) {
			add("wait", "This tab sent a request, and the network failed", about);
			throw new TypeError("the server is cut off");
		}
		const response = await fetch(input, init);
		add("plain", `This tab sent a request; status ${response.status}`, about);
		return response;
	};
	const session = createSession({
		contract,
		origin,
		basePath,
		name,
		storage: localStorage,
		fetch: tracedFetch
	});
	const refresh = async () => session.accessTokenAfter(await session.accessToken());
	session.on("refreshed", ({ by }) => {
		const tokens = `generation ${generation()}, access token ${stored()?.accessJti ?? "–"}`;
		add("good", by === "this" ? "New tokens, for all tabs" : "New tokens, fetched by another tab", tokens);
		draw();
	});
	session.on("signed-out", ({ reason }) => {
		const [kind, what, about] = {
			refused: [
				"bad",
				"Signed out: the server has ended the session",
				"the terminal refusal of the contract"
			],
			requested: [
				"plain",
				"Signed out",
				"requested in this tab"
			],
			elsewhere: [
				"bad",
				"Signed out, together with another tab",
				"not requested in this tab"
			]
		}[reason];
		add(kind, what, about);
		draw();
	});
	session.on("unavailable", ({ status, retryIn }) => {
		const wait = retryIn < 1e3 ? "a moment" : duration(retryIn);
		add("wait", `The session waits and retries in ${wait}`, status === void 0 ? "no response" : `status ${status}`);
	});
	onPress("sign-in", async () => {
		const tokens = await demoTokens();
		localStorage.setItem(stolenKey, tokens.refreshToken);
		await session.signIn(tokens);
		add("good", "Signed in as the demo subject", `generation ${generation()}`);
		draw();
	});
	onPress("refresh", async () => {
		await refresh();
		draw();
	});
	onPress("expire", async () => {
		const entry = JSON.parse(localStorage.getItem(key) ?? "{}");
		const expired = {
			refreshAt: Date.now() - 1,
			expiresAt: Date.now() - 1
		};
		localStorage.setItem(key, JSON.stringify({
			...Object(entry),
			...expired
		}));
		add("plain", "The access token has expired, for all tabs");
		draw();
		await session.accessToken();
	});
	onPress("cut", async () => {
		if (isCut()) localStorage.removeItem(cutKey);
		else localStorage.setItem(cutKey, "cut");
		onCutChange();
	});
	onPress("sign-out", () => session.signOut());
	onPress("replay", replay);
	addEventListener("storage", (event) => {
		if (event.key === cutKey) onCutChange();
		else draw();
	});
	setInterval(draw, 1e3);
	session.isSignedIn().then(draw, draw);
	function onCutChange() {
		add(isCut() ? "wait" : "good", isCut() ? "The server is cut off" : "The server is back", "in all tabs");
		draw();
		if (!isCut()) dispatchEvent(new Event("online"));
	}
	async function demoTokens() {
		const response = await fetch(demoPath, { cache: "no-store" });
		if (!response.ok) throw new Error(`demo sessions are not available (status ${response.status})`);
		const { token } = await response.json();
		const refreshed = await present(token);
		if (refreshed.kind !== "granted") throw new Error("the demo session cannot be refreshed");
		return {
			...refreshed,
			refreshToken: refreshed.refreshToken ?? token
		};
	}
	async function present(token) {
		const { signal } = new AbortController();
		const { response, body } = await contract.send(token, {
			origin,
			basePath,
			fetch,
			signal
		});
		return contract.read(response.status, body);
	}
	async function replay() {
		const stolen = localStorage.getItem(stolenKey);
		if (stolen === null) throw new Error("no token was stolen from this session");
		if (isCut()) throw new Error("a thief cannot reach the server either");
		const age = Number(generation()) - Number(generationOf(stolen));
		for (let missing = 2 - age; policy === "single-use" && missing > 0; missing -= 1) await refresh();
		const outcome = await present(stolen);
		const about = `the copy of generation ${generationOf(stolen)}`;
		if (outcome.kind !== "refused") {
			add("bad", "A thief used a stolen token and received tokens", `${about}: the server cannot detect ${policy} copies`);
			return;
		}
		add("bad", "A thief used a stolen token and was refused", `${about}: the server ends the session`);
		await refresh().catch((reason) => {
			if (!(reason instanceof SignedOut)) throw reason;
		});
	}
}
export { createClient, grantedIf, isToken, member, openPage, readEnvelope, refused, sendBy, unavailable };
