// Parts of a document: one operation, or one response, with what it refers to.
import { isObject, type Json, type JsonObject } from './source.ts';

/** The document with one operation and the components that it refers to, straight or through others. */
export function excerpt(document: JsonObject, path: string, method: string): JsonObject {
  const { parameters, [method]: operation } = objectIn(objectIn(document, 'paths'), path);
  const paths = { [path]: { ...(parameters && { parameters }), ...(operation && { [method]: operation }) } };
  const all = objectIn(document, 'components');
  const components = { ...componentsOf(all, paths), securitySchemes: objectIn(all, 'securitySchemes') };
  return { ...document, paths, components };
}

/** Those of all components that are referred to, straight or through others. */
export function componentsOf(all: JsonObject, referring: Json): Record<string, JsonObject> {
  const components: Record<string, JsonObject> = {};
  const follow = (value: Json): void => {
    // A reference, or a value of a discriminator's mapping.
    const reference = typeof value === 'string' ? /^#\/components\/([^/]+)\/([^/]+)/.exec(value) : null;
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(follow);
    const [, kind, name] = reference ?? [];
    if (kind === undefined || name === undefined) return;
    const ofKind = (components[kind] ??= {});
    const target = objectIn(all, kind)[name];
    if (name in ofKind || target === undefined) return;
    ofKind[name] = target;
    follow(target);
  };
  follow(referring);
  return components;
}

export function objectIn(holder: JsonObject, name: string): JsonObject {
  const value = holder[name];
  return isObject(value) ? value : {};
}
