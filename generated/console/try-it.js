// Bundled from src/console/browser/ by `npm run generate`; edit the sources, not this file.
// src/console/browser/dom.ts
function find(selector, within = document) {
	const found = within.querySelector(selector);
	if (found === null) throw new Error(`the page has no ${selector}`);
	return found;
}
function messageOf(reason) {
	return reason instanceof Error ? reason.message : String(reason);
}
function claimsOf(token) {
	const claims = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
	return JSON.parse(atob(claims));
}
// src/console/browser/try-it.ts
const root = find("#try-it");
const words = find(".session-words");
const copyButton = find(".session-copy");
const previousButton = find(".session-previous");
const newButton = document.querySelector(".session-new");
const { document: address = "", demo = "", token: anyToken = "", many = "", ready = "" } = root.dataset;
const hasMany = many !== "";
const { SwaggerUIBundle } = globalThis;
let api = { paths: {} };
let ui;
let tokens = [];
let body;
let sent;
followColourScheme();
start().catch((reason) => say(`Try-it cannot start: ${messageOf(reason)}.`));
function followColourScheme() {
	const dark = matchMedia("(prefers-color-scheme: dark)");
	const follow = () => {
		document.documentElement.classList.toggle("dark-mode", dark.matches);
	};
	dark.addEventListener("change", follow);
	follow();
}
async function start() {
	api = await readJson(address);
	if (!hasMany) for (const operation of operations()) delete operation.tags;
	if (demo !== "") await beginSession().catch(sayNoSession);
	if (body !== void 0) putIntoExamples(JSON.parse(body));
	await new Promise((resolve) => {
		ui = SwaggerUIBundle({
			spec: api,
			domNode: root,
			presets: [SwaggerUIBundle.presets.apis],
			plugins: [
				operationsOnly,
				curlWithoutToken,
				...hasMany ? [] : [withoutTags]
			],
			layout: "OperationsOnly",
			validatorUrl: null,
			docExpansion: hasMany ? "list" : "full",
			deepLinking: hasMany,
			tryItOutEnabled: ready !== "",
			displayRequestDuration: true,
			syntaxHighlight: { theme: "tomorrow-night" },
			defaultModelsExpandDepth: 0,
			requestInterceptor: (request) => {
				sent = request;
				return request;
			},
			responseInterceptor: (response) => {
				fillInSuccessor(response);
				return response;
			},
			onComplete: resolve
		});
	});
	const token = tokens.at(-1) ?? anyToken;
	if (token !== "") authorize(token);
	if (newButton !== null) newButton.hidden = false;
	newButton?.addEventListener("click", () => {
		beginSession().catch(sayNoSession);
	});
	previousButton.addEventListener("click", presentPrevious);
}
async function beginSession() {
	const call = await readJson(demo);
	tokens = [call.token];
	body = call.body;
	fillIn(call.token);
	previousButton.hidden = true;
	say("A live token of a new demo session is filled in. Execute as often as you like.");
}
function fillInSuccessor(response) {
	const presented = refreshTokenIn(JSON.stringify([sent?.headers, sent?.body]));
	const successor = typeof response.text === "string" ? refreshTokenIn(response.text) : void 0;
	if (presented === void 0 || successor === void 0 || successor === presented) return;
	if (typeof sent?.body === "string") body = sent.body;
	if (tokens.at(-1) !== presented) tokens = [presented];
	tokens.push(successor);
	fillIn(successor);
	previousButton.hidden = false;
	say("Refreshed. The successor is filled in for the next request.");
}
function presentPrevious() {
	const previous = tokens.at(-2);
	if (previous === void 0) return;
	tokens.pop();
	fillIn(previous);
	previousButton.hidden = tokens.length < 2;
	say("The previous token is filled in. Within the grace period it is repeated; after it, it is reuse.");
}
function fillIn(token) {
	authorize(token);
	copyButton.dataset["copy"] = token;
	copyButton.hidden = false;
	const replaced = body === void 0 ? void 0 : refreshTokenIn(body);
	if (body === void 0 || replaced === void 0) return;
	body = body.replaceAll(replaced, token);
	for (const [path, item] of Object.entries(api.paths)) for (const [method, { requestBody }] of Object.entries(item)) {
		if (requestBody === void 0) continue;
		ui?.oas3Actions.setRequestBodyValue({
			value: indented(body),
			pathMethod: [path, method]
		});
	}
}
function authorize(token) {
	for (const [name, { type, scheme }] of Object.entries(api.components?.securitySchemes ?? {})) if (type === "apiKey" || scheme === "bearer") ui?.preauthorizeApiKey(name, token);
}
function operations() {
	return Object.values(api.paths).flatMap((item) => Object.values(item));
}
function putIntoExamples(value) {
	const shared = Object.values(api.components?.requestBodies ?? {});
	for (const each of [...operations().map(({ requestBody }) => requestBody), ...shared]) for (const { examples } of Object.values(each?.content ?? {})) for (const example of Object.values(examples ?? {})) example.value = value;
}
function indented(text) {
	try {
		return JSON.stringify(JSON.parse(text), null, 2);
	} catch {
		return text;
	}
}
function refreshTokenIn(text) {
	return text.match(/[\w-]+\.[\w-]+\.[\w-]+/g)?.find((candidate) => {
		try {
			return typeof claimsOf(candidate)["gen"] === "number";
		} catch {
			return false;
		}
	});
}
async function readJson(path) {
	const response = await fetch(path, { cache: "no-store" });
	if (!response.ok) throw new Error(`${path} has status ${response.status}`);
	return response.json();
}
function sayNoSession(reason) {
	say(`No demo token is available: ${messageOf(reason)}.`);
}
function say(message) {
	words.textContent = message;
}
function operationsOnly({ React: { createElement } }) {
	const layout = ({ getComponent }) => createElement("div", { className: "swagger-ui" }, createElement(getComponent("SvgAssets")), createElement(getComponent("AuthorizeBtnContainer", true)), createElement(getComponent("operations", true)), createElement(getComponent("Models", true)));
	return { components: { OperationsOnly: layout } };
}
function withoutTags({ React: { createElement } }) {
	const untagged = () => (props) => createElement("div", null, createElement("h3", { className: "unseen" }, "Operation"), props.children);
	return { wrapComponents: { OperationTag: untagged } };
}
function curlWithoutToken({ React: { createElement } }) {
	const masked = (curl) => (props) => {
		const { request } = props;
		const shown = /^Bearer /.test(String(request.getIn(["headers", "Authorization"]))) ? request.setIn(["headers", "Authorization"], "Bearer …") : request;
		return createElement(curl, {
			...props,
			request: shown
		});
	};
	return { wrapComponents: { curl: masked } };
}
