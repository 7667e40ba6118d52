// A tag for styles, by which editors and the formatter know what is in the string.

export const css = String.raw;
