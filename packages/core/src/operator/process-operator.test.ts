import { describe, expect, test } from "vitest";
import { runOne, runRows } from "../../test-support/run-operator.ts";
import { openOperator } from "../../test-support/runner-harness.ts";
import { createContext } from "../../test-support/step-context.ts";
import type { Packet } from "../packet/packet.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import type { Emit } from "./emit.ts";
import { processRecipe } from "./operator-recipes.ts";

type Step = (packet: Packet<never>, emit: Emit<unknown>) => unknown;
const open = (step: Step) => openOperator(processRecipe(step));

describe("process", () => {
  test("sees each record with its input, key, headers and the strategy of its input", async () => {
    const seen: Packet[] = [];
    const ctx = createContext({ strategies: ["hash", "broadcast"] });
    const row = { payload: 5, key: "k", headers: { trace: "t" }, input: 1 };
    await runRows(
      open((packet) => void seen.push(packet)),
      [row, { payload: 6, input: 2 }],
      ctx,
    );

    expect(seen).toEqual([
      {
        payload: 5,
        inputIndex: 1,
        partitionKey: "k",
        partitionStrategy: "broadcast",
        headers: { trace: "t" },
      },
      {
        payload: 6,
        inputIndex: 2,
        partitionKey: undefined,
        partitionStrategy: "none",
        headers: undefined,
      },
    ]);
  });

  test.each<[string, (step: Step) => Step]>([
    ["at once", (step) => step],
    ["later", (step) => async (packet, emit) => step(packet, emit)],
  ])(
    "emits any number of records %s, with the key and headers of their record or their own",
    async (_, style) => {
      const ctx = createContext({ keyed: true });
      const operator = open(
        style((_packet, emit) => {
          emit("a");
          emit("b", { key: "own", headers: { h: "own" } });
        }),
      );
      const { out } = await runRows(operator, [{ payload: 1, key: "k", headers: { h: "1" } }], ctx);

      expect([out.payloads, out.keys]).toEqual([
        ["a", "b"],
        ["k", "own"],
      ]);
      expect(out.headers).toEqual([{ h: "1" }, { h: "own" }]);
    },
  );

  test("counts a record as filtered that emits nothing", async () => {
    const { out, filtered } = await runRows(
      open(({ payload }, emit) => {
        if (payload > 1) emit(payload);
      }),
      [{ payload: 1 }, { payload: 2 }],
    );

    expect([out.payloads, filtered]).toEqual([[2], 1]);
  });

  test("refuses what is emitted after its record has settled", async () => {
    const kept: Emit<unknown>[] = [];
    const out = new RecordBuffer();
    const early = open((_packet, emit) => void kept.push(emit));
    const late = open(async (_packet, emit) => void kept.push(emit));
    await runOne(early, { payload: 1 }, out);
    await runOne(late, { payload: 2 }, out);

    for (const emit of kept) {
      expect(() => emit("late")).toThrow(expect.objectContaining({ code: "ILLEGAL_STATE" }));
    }
    expect(out.payloads).toEqual([]);
  });

  test("leaves nothing behind of a record that failed after it emitted", async () => {
    const operator = open((_packet, emit) => {
      emit("a");
      throw new RangeError("boom");
    });

    await expect(runRows(operator, [{ payload: 1 }])).rejects.toThrow("boom");
    const out = new RecordBuffer();
    await expect(runOne(operator, { payload: 1 }, out)).rejects.toThrow("boom");
    expect(out.length).toBe(0);
  });
});
