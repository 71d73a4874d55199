/** Called with what could not be copied and passes by reference. */
export type OnShared = (value: object | ((...args: never) => unknown)) => void;

/**
 * Copies plain data, arrays, `Map`, `Set`, `Date`, array buffers and typed arrays, cycles included. Anything else
 * (instances of other classes, functions, handles) passes by reference and is reported to `onShared`.
 */
export function clonePayload<T>(value: T, onShared: OnShared): T {
  if (typeof value === "function") onShared(value as never);
  if (typeof value !== "object" || value === null) return value;
  return copy(value, new Map(), onShared) as T;
}

function copy(value: unknown, seen: Map<object, unknown>, onShared: OnShared): unknown {
  if (typeof value === "function") onShared(value as never);
  if (typeof value !== "object" || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype) {
    const target: unknown[] = new Array(value.length);
    seen.set(value, target);
    for (let i = 0; i < value.length; i++) target[i] = copy(value[i], seen, onShared);
    return target;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null)
    return copyRecord(value, prototype, seen, onShared);
  const target = copyBuiltIn(value, seen, onShared);
  seen.set(value, target);
  return target;
}

function copyRecord(
  value: object,
  prototype: object | null,
  seen: Map<object, unknown>,
  onShared: OnShared,
): object {
  const target: Record<string, unknown> = prototype === null ? Object.create(null) : {};
  seen.set(value, target);
  for (const key of Object.keys(value)) {
    const field = copy((value as Record<string, unknown>)[key], seen, onShared);
    if (key === "__proto__")
      Object.defineProperty(target, key, {
        value: field,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    else target[key] = field;
  }
  return target;
}

function copyBuiltIn(value: object, seen: Map<object, unknown>, onShared: OnShared): object {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Date.prototype) return new Date((value as Date).getTime());
  if (prototype === Map.prototype) {
    const target = new Map();
    seen.set(value, target);
    for (const [k, v] of value as Map<unknown, unknown>)
      target.set(copy(k, seen, onShared), copy(v, seen, onShared));
    return target;
  }
  if (prototype === Set.prototype) {
    const target = new Set();
    seen.set(value, target);
    for (const v of value as Set<unknown>) target.add(copy(v, seen, onShared));
    return target;
  }
  if (prototype === ArrayBuffer.prototype) return (value as ArrayBuffer).slice(0);
  if (ArrayBuffer.isView(value) && !(value.buffer instanceof SharedArrayBuffer)) return copyView(value);
  onShared(value);
  return value;
}

function copyView(view: ArrayBufferView): object {
  if (view instanceof DataView) {
    return new DataView(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  }
  return typedArraySlice.call(view); // keeps subclasses such as Node's Buffer
}

const typedArraySlice: (this: ArrayBufferView) => object = Object.getPrototypeOf(Uint8Array.prototype).slice;
