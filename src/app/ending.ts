// Modules that are found by their file: how a neighbour's file ends.

/** `.ts` in the clone, `.js` where it is built: as this very file ends. */
export const ending: string = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
