import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { abortable } from "./abortable.ts";

describe("an abortable promise", () => {
  test("settles as the promise does, and then listens no longer", async () => {
    const { signal } = new AbortController();
    const error = new Error("no");

    expect(await abortable(Promise.resolve(7), signal)).toBe(7);
    await expect(abortable(Promise.reject(error), signal)).rejects.toBe(error);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("rejects with the signal's reason when that is aborted first, whatever comes later", async () => {
    const abort = new AbortController();
    let settle: (value: number) => void = () => undefined;
    const wait = abortable(new Promise<number>((resolve) => (settle = resolve)), abort.signal);
    const reason = new Error("stop");
    abort.abort(reason);
    settle(7);

    await expect(wait).rejects.toBe(reason);
  });

  test("rejects at once when the signal is aborted already", async () => {
    const reason = new Error("stop");

    await expect(abortable(Promise.resolve(7), AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
