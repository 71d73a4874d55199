/** Deep enough for almost all data; what is deeper is looked at by others. */
const deepest = 20;

/**
 * Whether a value is JSON to the letter: `null`, booleans, strings, finite numbers but `-0`, arrays without holes or
 * properties of their own kind, and plain objects whose properties are likewise, none of them `__proto__`. What it cannot
 * say quickly it answers with `false`.
 */
export function isSimple(value: unknown): boolean {
  for (const _ in plain) return false; // somebody has given all objects a property
  return isSimpleAt(value, 0);
}

const plain = {};

function isSimpleAt(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return isSimpleNumber(value);
    case "object":
      if (value === null) return true;
      if (depth > deepest) return false;
      return Array.isArray(value) ? isSimpleArray(value, depth + 1) : isSimpleObject(value, depth + 1);
    default:
      return false;
  }
}

function isSimpleNumber(value: number): boolean {
  return value - value === 0 && (value !== 0 || 1 / value > 0);
}

function isSimpleArray(list: readonly unknown[], depth: number): boolean {
  if (Object.getPrototypeOf(list) !== Array.prototype) return false;
  for (let i = 0; i < list.length; i++) if (!isSimpleAt(list[i], depth)) return false;
  return true;
}

/** Most properties are texts and numbers: they are looked at here, without another call. */
function isSimpleObject(value: object, depth: number): boolean {
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key];
    if (key === "__proto__") return false;
    if (typeof item === "string") continue;
    if (typeof item === "number") {
      if (!isSimpleNumber(item)) return false;
    } else if (!isSimpleAt(item, depth)) return false;
  }
  return true;
}
