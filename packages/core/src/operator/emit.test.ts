import { describe, expect, test } from "vitest";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { Emitter } from "./emit.ts";

function setUp(defaults: { keyed: boolean; key?: string; headers?: Record<string, string> }) {
  const out = new RecordBuffer();
  return { out, emitter: new Emitter(out, { step: "split", ...defaults }) };
}

describe("emit", () => {
  test("takes key and headers from the call, else from the record that is worked on", () => {
    const { out, emitter } = setUp({ keyed: true, key: "k", headers: { h: "1" } });
    emitter.emit("a");
    emitter.emit("b", { key: "own" });
    emitter.emit("c", { headers: { h: "2" } });

    expect(out.keys).toEqual(["k", "own", "k"]);
    expect(out.headers).toEqual([{ h: "1" }, { h: "1" }, { h: "2" }]);
  });

  test.each<[0 | "" | false | null]>([[0], [""], [false], [null]])("takes %j for a key", (key) => {
    const { out, emitter } = setUp({ keyed: true, key: "k" });
    emitter.emit("a", { key });

    expect(out.keys).toEqual([key]);
  });

  test("refuses a record without a key on a keyed stream, naming the step", () => {
    const { out, emitter } = setUp({ keyed: true });

    expect(() => emitter.emit("a")).toThrow(
      expect.objectContaining({ code: "MISSING_KEY", details: { step: "split" } }),
    );
    expect(out.length).toBe(0);
  });

  test("drops keys on a stream without keys", () => {
    const { out, emitter } = setUp({ keyed: false, key: "k" });
    emitter.emit("a", { key: "own" });

    expect([out.payloads, out.keys]).toEqual([["a"], undefined]);
  });

  test("refuses everything once it is closed", () => {
    const { out, emitter } = setUp({ keyed: false });
    emitter.close();

    expect(() => emitter.emit("a")).toThrow(expect.objectContaining({ code: "ILLEGAL_STATE" }));
    expect(out.length).toBe(0);
  });
});
