import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";

/**
 * How many records a queue holds, where it can tell at once; `undefined` where it cannot. That it fails to tell later is
 * of no concern to who has asked in passing.
 */
export function sizeNow(queue: {
  fill?(): number | undefined;
  size?(): MaybePromise<number> | undefined;
}): number | undefined {
  const fill = queue.fill?.();
  if (fill !== undefined) return fill;
  const size = queue.size?.();
  if (!isPromiseLike(size)) return size;
  size.then(undefined, () => undefined);
  return undefined;
}
