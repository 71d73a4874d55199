import { describe, expect, test } from "vitest";
import { AttackedHub, answered } from "../test-support/attacked-hub.ts";

const attacked = new AttackedHub();

describe("an answer", () => {
  test("that has more bytes than any may have is an error, which is counted", async () => {
    await attacked.listen({ maxBodyBytes: 100_000 });
    await attacked.hub.stores.reports?.put("long", "x".repeat(100_000));
    await attacked.hub.stores.reports?.put("short", "x".repeat(50_000));
    const one = attacked.raw();
    await one.hello();
    one.request(1, "store.reportOf", { job: "long" });
    expect(await answered(one, "[1,")).toMatch(/\[1,false,.*INVALID_OPTION/);
    expect(attacked.refusals.map(({ reason }) => reason)).toEqual(["limit"]);
    one.request(2, "store.reportOf", { job: "short" });
    expect(await answered(one, "[2,")).toContain("[2,true,"); // it is served on
    one.socket.terminate();
  });

  test("that cannot be written is an error, which is counted, and no end of the process", async () => {
    const loop: Record<string, unknown> = {};
    loop.loop = loop;
    for (const [job, report] of [
      ["a", { big: 1n }],
      ["b", loop],
    ] as const) {
      await attacked.hub.stores.reports?.put(job, report as never);
    }
    const one = attacked.raw();
    await one.hello();
    one.request(1, "store.reportOf", { job: "a" });
    one.request(2, "store.reportOf", { job: "b" });
    expect(await answered(one, "[2,")).toMatch(/\[1,false,.*NOT_JSON.*\[2,false,.*NOT_JSON/s);
    expect(attacked.hub.faults.get("internal")).toBe(2);
    one.socket.terminate();
  });
});
