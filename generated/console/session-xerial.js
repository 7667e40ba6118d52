// Bundled from src/console/browser/ by `npm run generate`; edit the sources, not this file.
import { createClient, grantedIf, member, openPage, refused, sendBy, unavailable } from "./session.js";
// generated/xerial.client.ts
const basePath = "/xerial";
function createXerialClient(origin, { basePath: mount = basePath, ...options } = {}) {
	const client = createClient({
		...options,
		baseUrl: origin.replace(/\/+$/, "") + mount
	});
	return {
		client,
		refresh: (refreshToken, { signal } = {}) => client.POST("/auth/refresh-tokens", {
			...signal && { signal },
			body: { refreshToken }
		})
	};
}
// src/client/xerial.ts
const xerial = {
	name: "xerial",
	policy: "single-use",
	basePath,
	send: sendBy(createXerialClient),
	read: (status, body) => {
		if (status === 200) return grantedIf(member(body, "access", "token"), member(body, "refresh", "token"));
		return status === 401 && member(body, "code") === 401 ? refused : unavailable;
	}
};
// session of xerial
openPage(xerial);
