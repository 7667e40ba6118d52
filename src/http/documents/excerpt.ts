// Reduces a document to one operation or response, with the components that it refers to.
import { isObject, type Json, type JsonObject } from './source.ts';

/** Returns the document with one operation and the components that it refers to, also indirectly. */
export function excerpt(document: JsonObject, path: string, method: string): JsonObject {
  const { parameters, [method]: operation } = objectIn(objectIn(document, 'paths'), path);
  const paths = { [path]: { ...(parameters && { parameters }), ...(operation && { [method]: operation }) } };
  const all = objectIn(document, 'components');
  const components = { ...componentsOf(all, paths), securitySchemes: objectIn(all, 'securitySchemes') };
  return { ...document, paths, components };
}

/** Returns the components that a value refers to, also indirectly. */
export function componentsOf(all: JsonObject, referring: Json): Record<string, JsonObject> {
  const components: Record<string, JsonObject> = {};
  const follow = (value: Json): void => {
    // A reference, or a value of a discriminator's mapping.
    const reference = typeof value === 'string' ? /^#\/components\/([^/]+)\/([^/]+)/.exec(value) : null;
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(follow);
    const [, kind, name] = reference ?? [];
    if (kind === undefined || name === undefined) return;
    const sameKind = (components[kind] ??= {});
    const target = objectIn(all, kind)[name];
    if (name in sameKind || target === undefined) return;
    sameKind[name] = target;
    follow(target);
  };
  follow(referring);
  return components;
}

export function objectIn(holder: JsonObject, name: string): JsonObject {
  const value = holder[name];
  return isObject(value) ? value : {};
}
