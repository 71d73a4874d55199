import { expect, test } from "vitest";
import { sizeNow } from "./size-now.ts";

test.each([
  ["tells at once", { size: () => 3 }, 3],
  ["tells later", { size: () => Promise.resolve(3) }, undefined],
  ["fails to tell, later", { size: () => Promise.reject(new Error("gone")) }, undefined],
  ["cannot tell", {}, undefined],
])("the size of a queue that %s", async (_, queue, size) => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", note);
  expect(sizeNow(queue)).toBe(size);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);

  expect(unhandled).toEqual([]);
});
