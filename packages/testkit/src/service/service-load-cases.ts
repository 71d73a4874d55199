import assert from "node:assert/strict";
import type { CallContext } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { numbers } from "../contract/probes.ts";
import { serviceCase } from "./service-lab.ts";
import { assertFails, assertTook, Gate } from "./service-probes.ts";
import type { ServiceTransportSubject } from "./service-transport-subject.ts";

const holding = (gate: Gate) => ({
  process: (value: unknown, ctx: CallContext) => gate.pass(ctx.signal).then(() => value),
});

/** Much at once, and several instances. */
export const serviceLoadCases: readonly ContractCase<ServiceTransportSubject>[] = [
  serviceCase(
    "S-13",
    "callers of a full service wait for room, up to their deadlines; whatever was accepted is answered",
    async (lab) => {
      const caller = await lab.side();
      const gate = new Gate();
      const { reports } = await lab.serve("full", () => holding(gate), { concurrency: 1, capacity: 2 });

      const calls = numbers(20).map((n) => caller.begin("full", "process", [n]));
      await lab.eventually(() => gate.entered === 1, "the method must run");
      const before = lab.now;
      const impatient = caller.call("full", "process", ["impatient"], { timeoutMs: 100 });
      await assertFails(impatient, "SERVICE_TIMEOUT");
      assertTook(lab.now - before, 100, "a caller that finds no room is rejected");
      assert.equal(gate.entered, 1);
      gate.open();

      assert.deepEqual(await Promise.all(calls.map(({ result }) => result)), numbers(20));
      assert.equal(gate.entered, 20, "what was given up did not run");
      assert.equal(reports()[0]?.maxRunning, 1);
    },
  ),
  serviceCase(
    "S-13a",
    "a call that does not wait for room is rejected at once by a full service, and by no other",
    async (lab) => {
      const caller = await lab.side();
      const gate = new Gate();
      const plan = { concurrency: 1, capacity: 2 };
      await lab.serve("full", () => holding(gate), plan);
      await lab.serve("strict", () => holding(gate), { ...plan, overflow: "reject" });
      const reject = { overflow: "reject" } as const;

      const accepted = [];
      for (const n of numbers(3)) {
        accepted.push(caller.begin("full", "process", [n], reject));
        accepted.push(caller.begin("strict", "process", [n]));
        await lab.quiet();
      }
      const before = lab.now;
      const facts = await assertFails(caller.call("full", "process", [3], reject), "SERVICE_FULL");
      await assertFails(caller.call("strict", "process", [3]), "SERVICE_FULL");
      assertTook(lab.now - before, 0, "it is rejected");
      assert.deepEqual(facts, { service: "full", capacity: 2 });
      const patient = caller.call("strict", "process", [4], { overflow: "wait" });
      gate.open();

      const answers = await Promise.all(accepted.map(({ result }) => result));
      assert.deepEqual([...answers, await patient], [0, 0, 1, 1, 2, 2, 4]);
      assert.equal(gate.entered, 7);
      assert.equal(await caller.call("full", "process", [5], reject), 5);
    },
  ),
  serviceCase(
    "S-14",
    "a request for an instance that has not started waits for it, up to the deadline, and is not lost",
    async (lab) => {
      const caller = await lab.side();
      const seen: unknown[] = [];
      const create = () => ({ process: (value: unknown) => seen.push(value) });
      const service = await lab.serve("early", create, { start: false });

      const calls = numbers(5).map((n) => caller.begin("early", "process", [n]));
      const before = lab.now;
      const impatient = caller.call("early", "process", ["impatient"], { timeoutMs: 100 });
      await assertFails(impatient, "SERVICE_TIMEOUT");
      assertTook(lab.now - before, 100, "a call of what does not start is rejected");
      assert.deepEqual(seen, []);
      await lab.quiet(); // its cancellation arrives
      await service.start();

      assert.deepEqual(await Promise.all(calls.map(({ result }) => result)), [1, 2, 3, 4, 5]);
      await lab.quiet();
      assert.deepEqual(seen, numbers(5), "requests run in their order, given-up ones do not");
    },
  ),
  serviceCase(
    "S-19",
    "thousands of calls can be pending at once: each begins without waiting, and they share one timer",
    async (lab) => {
      const caller = await lab.side();
      const gate = new Gate();
      const many = lab.subject.pendingCalls ?? 10_000;
      let begun = 0;
      const wait = async (n: number) => {
        begun++;
        await gate.opened;
        return n;
      };
      await lab.serve("wide", () => ({ process: wait }), { concurrency: 20_000, capacity: 100 });
      await lab.serve("asking", () => ({
        async process(ctx: CallContext) {
          const handles = numbers(3).map((n) => ctx.callServiceAsync({ service: "wide", args: [n] }));
          handles[1]?.cancel();
          const ended = await Promise.allSettled(handles.map(({ result }) => result));
          return ended.map((end) => (end.status === "fulfilled" ? end.value : (end.reason as Error).name));
        },
      }));
      const [before, timers] = [lab.now, lab.timers ?? 0];

      const calls = numbers(many).map((n) => caller.begin("wide", "process", [n]));
      assert.equal(lab.now - before, 0, "beginning a call waits");
      assert.equal(caller.manager.pending, many);
      assert.ok((lab.timers ?? 0) - timers <= 2, `${lab.timers} timers for ${many} calls`);
      const handles = caller.begin("asking", "process");
      await lab.eventually(() => begun >= many + 2, "all must run");
      gate.open();

      assert.deepEqual(await handles.result, [0, "SageError", 2]);
      assert.deepEqual(await Promise.all(calls.map(({ result }) => result)), numbers(many));
      assert.equal(caller.manager.pending, 0);
    },
  ),
  serviceCase(
    "S-21",
    "calls are spread over the instances evenly; those with one key go to one instance, whoever calls",
    async (lab) => {
      const [caller, other] = [await lab.side(), await lab.side("other")];
      const counts = [0, 0, 0];
      const which = (ctx: CallContext) => {
        counts[ctx.index] = (counts[ctx.index] ?? 0) + 1;
        return ctx.index;
      };
      const { reports } = await lab.serve("three", () => ({ which }), { instances: 3 });

      await Promise.all(numbers(150).map(() => caller.call("three", "which")));
      for (let n = 0; n < 60; n++) await caller.call("three", "which");
      for (const count of counts) assert.ok(count >= 56 && count <= 84, `210 calls as ${counts}`);
      assert.deepEqual(
        reports().map(({ methods }) => methods.which?.calls),
        counts,
      );

      const used = new Set<unknown>();
      for (const key of numbers(30)) {
        const options = { idempotencyKey: `key ${key}` };
        const index = await caller.call("three", "which", [], options);
        assert.equal(await other.call("three", "which", [], options), index, "one key, two instances");
        used.add(index);
      }
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        240,
        "a repetition ran",
      );
      assert.deepEqual([...used].sort(), [0, 1, 2], "keys go to all instances");
    },
  ),
];
