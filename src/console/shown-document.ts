// The document as Swagger UI loads it: as its file says it, at the place where it is mounted.
import type { ContractDocument, JsonObject } from '../http/documents.ts';

export function shownDocument({ document, basePath }: ContractDocument): JsonObject {
  const [server] = Array.isArray(document['servers']) ? document['servers'] : [];
  const described = typeof server === 'object' && server !== null && !Array.isArray(server) ? server : {};
  return { ...document, servers: [{ ...described, url: basePath }] };
}
