// Bundled from src/console/browser/ by `npm run generate`; edit the sources, not this file.
import { createClient, isToken, member, openPage, refused, sendBy, unavailable } from "./session.js";
// generated/kirjaswappi.client.ts
const basePath = "/kirjaswappi";
function createKirjaswappiClient(origin, { basePath: mount = basePath, ...options } = {}) {
	const client = createClient({
		...options,
		baseUrl: origin.replace(/\/+$/, "") + mount
	});
	return {
		client,
		refresh: (refreshToken, { signal } = {}) => client.POST("/api/v1/authenticate/refresh", {
			...signal && { signal },
			body: { refreshToken }
		})
	};
}
// src/client/kirjaswappi.ts
const kirjaswappi = {
	name: "kirjaswappi",
	policy: "static",
	basePath,
	send: sendBy(createKirjaswappiClient),
	read: (status, body) => {
		const accessToken = member(body, "jwtToken");
		if (status === 200 && isToken(accessToken)) return {
			kind: "granted",
			accessToken,
			refreshToken: void 0
		};
		const code = member(body, "error", "code");
		return status === 401 && code === "invalidRefreshToken" || status === 404 && code === "userNotFound" ? refused : unavailable;
	}
};
// session of kirjaswappi
openPage(kirjaswappi);
