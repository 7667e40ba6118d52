// Bundled from src/console/browser/ by `npm run generate`; edit the sources, not this file.
import { createClient, grantedIf, member, openPage, refused, sendBy, unavailable } from "./session.js";
// generated/cloudreve.client.ts
const basePath = "/cloudreve/api/v4";
function createCloudreveClient(origin, { basePath: mount = basePath, ...options } = {}) {
	const client = createClient({
		...options,
		baseUrl: origin.replace(/\/+$/, "") + mount
	});
	return {
		client,
		refresh: (refreshToken, { signal } = {}) => client.POST("/session/token/refresh", {
			...signal && { signal },
			body: { refresh_token: refreshToken }
		})
	};
}
// src/client/cloudreve.ts
const cloudreve = {
	name: "cloudreve",
	policy: "reusable",
	basePath,
	send: sendBy(createCloudreveClient),
	read: (status, body) => {
		if (status !== 200) return unavailable;
		const code = member(body, "code");
		if (code === 40020) return refused;
		const data = member(body, "data");
		return code === 0 ? grantedIf(member(data, "access_token"), member(data, "refresh_token")) : unavailable;
	}
};
// session of cloudreve
openPage(cloudreve);
