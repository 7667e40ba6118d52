// The types that openapi-typescript generates from your API's document, abridged.
export interface paths {
  '/profile': {
    get: { responses: { 200: { content: { 'application/json': { subject: string } } } } };
  };
}
