import assert from "node:assert/strict";
import type { CallContext } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { rejectionOf } from "../contract/probes.ts";
import { serviceCase } from "./service-lab.ts";
import { assertFails, Gate, RawCaller } from "./service-probes.ts";
import type { ServiceTransportSubject } from "./service-transport-subject.ts";

/** Calls that come more than once. */
export const serviceRepeatCases: readonly ContractCase<ServiceTransportSubject>[] = [
  serviceCase(
    "S-09",
    "a repetition with the same key runs once and is answered each time; without a key each delivery runs",
    async (lab) => {
      const [caller, other] = [await lab.side(), await lab.side("other")];
      const gate = new Gate();
      let runs = 0;
      const { endpoints } = await lab.serve("counted", () => ({
        slow: (_: string, ctx: CallContext) => gate.pass(ctx.signal).then(() => ++runs),
        quick: (_: string, ctx: CallContext) => [++runs, ctx.idempotencyKey],
        fails: () => {
          runs++;
          throw new Error(`run ${runs}`);
        },
      }));
      const [endpoint] = endpoints;
      assert.ok(endpoint);

      const key = { idempotencyKey: "k1" };
      const first = caller.begin("counted", "slow", ["x"], key);
      await lab.eventually(() => gate.entered === 1, "the method must run");
      const joined = [
        caller.begin("counted", "slow", ["x"], key),
        other.begin("counted", "slow", ["x"], key),
      ];
      await lab.quiet();
      gate.open();
      const answers = await Promise.all([first, ...joined].map(({ result }) => result));
      const after = await other.call("counted", "slow", ["x"], key);
      assert.deepEqual([...answers, after], [1, 1, 1, 1]);
      assert.equal(gate.entered, 1);

      for (const run of ["run 2", "run 3"]) {
        const call = caller.call("counted", "fails", [], { idempotencyKey: "k2" });
        assert.equal(((await rejectionOf(() => call)) as Error).message, run, "a failed call is not kept");
      }

      const raw = new RawCaller(lab, caller, "replies");
      const keyed = raw.request(7, {
        service: "counted",
        method: "quick",
        args: ["y"],
        idempotencyKey: "k3",
      });
      const plain = raw.request(8, { service: "counted", method: "quick", args: ["y"] });
      await raw.send(endpoint, keyed, keyed, plain, plain);
      const replies = [await raw.reply(), await raw.reply(), await raw.reply(), await raw.reply()];
      assert.deepEqual(
        replies.map((reply) => [reply.id, reply.ok && reply.value]),
        [
          [7, [4, "k3"]],
          [7, [4, "k3"]],
          [8, [5, undefined]],
          [8, [6, undefined]],
        ],
      );
    },
  ),
  serviceCase("S-10", "a key that comes with another call is refused, and nothing runs", async (lab) => {
    const [caller, other] = [await lab.side(), await lab.side("other")];
    const ran: unknown[] = [];
    await lab.serve("counted", () => ({
      process: (value: unknown) => ran.push(value),
      other: (value: unknown) => ran.push(value),
    }));
    const key = { idempotencyKey: "k" };
    assert.equal(await caller.call("counted", "process", [{ a: 1 }], key), 1);

    await assertFails(caller.call("counted", "process", [{ a: 2 }], key), "IDEMPOTENCY_CONFLICT");
    await assertFails(other.call("counted", "other", [{ a: 1 }], key), "IDEMPOTENCY_CONFLICT");

    assert.equal(await caller.call("counted", "process", [{ a: 1 }], key), 1);
    assert.equal(await caller.call("counted", "process", [{ a: 2 }], { idempotencyKey: "l" }), 2);
    assert.deepEqual(ran, [{ a: 1 }, { a: 2 }]);
  }),
  serviceCase(
    "S-10a",
    "a result is kept for ten minutes under its key, and no longer",
    async (lab) => {
      const caller = await lab.side();
      let runs = 0;
      await lab.serve("counted", () => ({ process: () => ++runs }));
      const call = () => caller.call("counted", "process", [], { idempotencyKey: "k" });
      assert.equal(await call(), 1);

      await lab.sleep(599_000);
      assert.equal(await call(), 1);
      await lab.sleep(2000);
      assert.equal(await call(), 2);
    },
    { needs: ["virtual"] },
  ),
];
