// Bundled from src/console/browser/ by `npm run generate`; edit the sources, not this file.
import { createClient, openPage, readEnvelope, sendBy } from "./session.js";
// generated/orillion.client.ts
const basePath = "/orillion";
function createOrillionClient(origin, { basePath: mount = basePath, ...options } = {}) {
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
// src/client/orillion.ts
const orillion = {
	name: "orillion",
	policy: "single-use",
	basePath,
	send: sendBy(createOrillionClient),
	read: readEnvelope
};
// session of orillion
openPage(orillion);
