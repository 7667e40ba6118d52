// Bundled from src/console/browser/ by `npm run generate`; edit the sources, not this file.
import { createClient, grantedIf, member, openPage, refused, unavailable } from "./session.js";
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
// session of orillion
openPage({
	name: "orillion",
	policy: "single-use",
	basePath,
	send: async (refreshToken, { origin, signal, ...options }) => {
		const { data, error, response } = await createOrillionClient(origin, options).refresh(refreshToken, { signal });
		return {
			response,
			body: data ?? error
		};
	},
	read: (status, body) => {
		const data = member(body, "data");
		if (status === 200) return grantedIf(member(data, "accessToken"), member(data, "refreshToken"), member(data, "expirationTime"));
		return member(body, "status", "code") === status && [
			401,
			404,
			422
		].includes(status) ? refused : unavailable;
	}
});
