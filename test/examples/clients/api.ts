// What openapi-typescript makes of your API's document, in short.
export interface paths {
  '/profile': {
    get: { responses: { 200: { content: { 'application/json': { subject: string } } } } };
  };
}
