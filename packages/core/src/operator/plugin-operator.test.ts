import { describe, expect, test } from "vitest";
import { boom, FakeOperator } from "../../test-support/fake-operator.ts";
import { runOne, runRows } from "../../test-support/run-operator.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import type { Plugin } from "./plugin.ts";
import { PluginOperator } from "./plugin-operator.ts";

const row = { payload: "r", key: "k", headers: { trace: "t" } };

/** Two plug-ins that note what they are called for. */
function setUp(more: Partial<Plugin> = {}) {
  const calls: string[] = [];
  const inner = new FakeOperator();
  inner.onRecord = (record) => {
    calls.push(`step ${record}`);
    return record;
  };
  const noting = (name: string): Plugin => ({
    name,
    before: (packet) => void calls.push(`${name} before ${packet.payload}`),
    around: (_packet, next) => {
      calls.push(`${name} in`);
      const answer = next();
      calls.push(`${name} out`);
      return answer;
    },
    after: (_packet, outputs) => void calls.push(`${name} after ${outputs}`),
  });
  const operator = new PluginOperator(inner, [noting("one"), { ...noting("two"), ...more }]);
  return { operator, inner, calls };
}

describe("plug-ins", () => {
  test("are called before, around and after each record, the first one outermost", async () => {
    const { operator, calls } = setUp();
    const { out } = await runRows(operator, [row]);

    expect(calls).toEqual([
      ...["one before r", "two before r", "one in", "two in", "step r", "two out", "one out"],
      ...["two after r", "one after r"],
    ]);
    expect([out.payloads, out.keys]).toEqual([["r"], ["k"]]);
  });

  test("see the record with its key, headers and input, and its context", async () => {
    const seen: unknown[] = [];
    const { operator } = setUp({ before: (packet, ctx) => void seen.push([packet, ctx.key]) });
    await runRows(operator, [row]);

    const packet = {
      payload: "r",
      inputIndex: 0,
      partitionKey: "k",
      partitionStrategy: "round-robin",
      headers: { trace: "t" },
    };
    expect(seen).toEqual([[packet, "k"]]);
  });

  test("see after a record only what that record emitted", async () => {
    const seen: unknown[] = [];
    const { operator } = setUp({ after: (_packet, outputs) => void seen.push(outputs) });
    const out = new RecordBuffer();
    await runOne(operator, { payload: 1 }, out);
    await runOne(operator, { payload: 2 }, out);

    expect(seen).toEqual([[1], [2]]);
  });

  test.each(["before", "around"] as const)(
    "fail the record when %s throws, before the step has run",
    async (hook) => {
      const { operator, inner } = setUp({
        [hook]: () => {
          throw boom;
        },
      });

      await expect(runRows(operator, [row])).rejects.toBe(boom);
      expect(inner.calls).toEqual([]);
    },
  );

  test("fail the record when after throws, and take back what it emitted", async () => {
    const { operator } = setUp({
      after: () => {
        throw boom;
      },
    });
    const out = new RecordBuffer();
    out.append("before", "k", undefined);

    await expect(runOne(operator, row, out)).rejects.toBe(boom);
    expect([out.payloads, out.keys]).toEqual([["before"], ["k"]]);
  });

  test("can try again by calling next twice, also when it rejects", async () => {
    let failures = 0;
    const { operator, inner } = setUp({
      around: async (_packet, next) => {
        try {
          return await next();
        } catch {
          return next();
        }
      },
    });
    inner.onRecord = async (record) => {
      if (failures++ === 0) throw boom;
      return record;
    };
    const { out } = await runRows(operator, [row]);

    expect([out.payloads, failures]).toEqual([["r"], 2]);
  });

  test("can answer in the step's place", async () => {
    const { operator, inner } = setUp({ around: () => "cached" });
    const { out } = await runRows(operator, [row]);

    expect([out.payloads, inner.calls]).toEqual([["cached"], []]);
  });

  test("are not asked about the rest of the step's life", async () => {
    const { operator, inner, calls } = setUp();
    inner.onFinish = (out) => out.payloads.push("last") > 0;
    const out = new RecordBuffer();
    operator.endInput(0);
    expect(operator.finish(out, 5)).toBe(true);
    operator.close();

    expect(inner.calls).toEqual(["end of input 0", "finish", "close"]);
    expect([calls, out.payloads]).toEqual([[], ["last"]]);
  });
});
