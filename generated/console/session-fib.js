// Bundled from src/console/browser/ by `npm run generate`; edit the sources, not this file.
import { createClient, openPage, readEnvelope, sendBy } from "./session.js";
// generated/fib.client.ts
const basePath = "/fib";
function createFibClient(origin, { basePath: mount = basePath, ...options } = {}) {
	const client = createClient({
		...options,
		baseUrl: origin.replace(/\/+$/, "") + mount
	});
	return {
		client,
		refresh: (refreshToken, { signal } = {}) => client.PATCH("/auth/api/v1/authentication-management/session", {
			...signal && { signal },
			headers: { authorization: refreshToken }
		})
	};
}
// src/client/fib.ts
const fib = {
	name: "fib",
	policy: "single-use",
	basePath,
	send: sendBy(createFibClient),
	read: readEnvelope
};
// session of fib
openPage(fib);
