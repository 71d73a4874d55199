/** Deep enough for almost all data; what is deeper is looked at by others. */
const deepest = 20;

/**
 * Whether a value is JSON to the letter: `null`, booleans, strings, finite numbers but `-0`, arrays without holes or
 * properties of their own kind, and plain objects whose properties are likewise, none of them `__proto__`. What it cannot
 * say quickly it answers with `false`.
 */
export function isSimple(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && (value !== 0 || Object.is(value, 0));
    case "object":
      if (value === null) return true;
      if (depth > deepest) return false;
      return Array.isArray(value) ? isSimpleArray(value, depth + 1) : isSimpleObject(value, depth + 1);
    default:
      return false;
  }
}

function isSimpleArray(list: readonly unknown[], depth: number): boolean {
  if (Object.getPrototypeOf(list) !== Array.prototype) return false;
  for (let i = 0; i < list.length; i++) if (!isSimple(list[i], depth)) return false;
  return true;
}

function isSimpleObject(value: object, depth: number): boolean {
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) {
    if (key === "__proto__" || !Object.hasOwn(value, key)) return false;
    if (!isSimple((value as Record<string, unknown>)[key], depth)) return false;
  }
  return true;
}
