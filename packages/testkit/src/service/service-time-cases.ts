import assert from "node:assert/strict";
import { type CallContext, hasCode } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { assertNoListener, rejectionOf } from "../contract/probes.ts";
import { serviceCase } from "./service-lab.ts";
import { assertFails, assertTook, Gate, RawCaller } from "./service-probes.ts";
import type { ServiceTransportSubject } from "./service-transport-subject.ts";

const hourMs = 3_600_000;

/** How calls end before they are answered: deadlines and cancellations. */
export const serviceTimeCases: readonly ContractCase<ServiceTransportSubject>[] = [
  serviceCase(
    "S-04",
    "a call is rejected at its deadline, its method's signal fires, and a late reply is dropped and counted",
    async (lab) => {
      const caller = await lab.side();
      const signals: AbortSignal[] = [];
      await lab.serve(
        "slow",
        () => ({
          async stubborn(ms: number, ctx: CallContext) {
            signals.push(ctx.signal);
            await lab.sleep(ms);
            return "late";
          },
          unaware: async (ms: number) => {
            await lab.sleep(ms);
          },
        }),
        { timeoutMs: 300 },
      );

      for (const [method, options, limit] of [
        ["stubborn", { timeoutMs: 100 }, 100],
        ["stubborn", {}, 300],
        ["unaware", { timeoutMs: 100 }, 100],
      ] as const) {
        const before = lab.now;
        const facts = await assertFails(caller.call("slow", method, [500], options), "SERVICE_TIMEOUT");
        assertTook(lab.now - before, limit, `${method} is rejected`);
        assert.deepEqual(facts, { service: "slow", method, timeoutMs: limit });
        assert.equal(caller.manager.pending, 0);
      }
      await lab.quiet();
      assert.deepEqual(
        signals.map(({ aborted }) => aborted),
        [true, true],
        "signals of the methods",
      );
      await lab.sleep(600);
      assert.deepEqual(caller.manager.strays, { late: 3, unknown: 0, invalid: 0 });
    },
  ),
  serviceCase(
    "S-05",
    "a call that is given up ends once, wherever it is; one that has not begun does not run",
    async (lab) => {
      const caller = await lab.side();
      const begun: string[] = [];
      const gate = new Gate();
      const signals: AbortSignal[] = [];
      const { endpoints, reports } = await lab.serve(
        "one",
        () => ({
          quick: (name: string) => begun.push(name),
          hold(name: string, ctx: CallContext) {
            begun.push(name);
            signals.push(ctx.signal);
            return gate.pass(ctx.signal);
          },
        }),
        { concurrency: 1 },
      );
      const fired = AbortSignal.abort(new Error("fired before"));
      const never = await rejectionOf(() => caller.call("one", "quick", ["fired"], { signal: fired }));
      assert.equal(never, fired.reason);

      const unsent = caller.begin("one", "quick", ["unsent"]);
      unsent.cancel();
      await assertFails(unsent.result, "SERVICE_CANCELLED");

      const running = caller.begin("one", "hold", ["running"]);
      await lab.eventually(() => gate.entered === 1, "the method must run");
      const abort = new AbortController();
      const inQueue = caller.begin("one", "quick", ["in queue"], { signal: abort.signal });
      await lab.quiet();
      abort.abort(new Error("changed my mind"));
      assert.equal(await rejectionOf(() => inQueue.result), abort.signal.reason);
      assertNoListener(abort.signal, "a call");
      await lab.quiet();

      running.cancel();
      await assertFails(running.result, "SERVICE_CANCELLED");
      await lab.eventually(() => signals[0]?.aborted === true, "the signal of the method must fire");

      const last = caller.begin("one", "quick", ["last"]);
      assert.equal(await last.result, 2);
      last.cancel();
      await lab.quiet();
      assert.deepEqual(begun, ["running", "last"]);
      assert.equal(reports()[0]?.cancelled, 1, "requests that were given up in the queue");
      for (const { ends } of [unsent, running, inQueue, last]) assert.equal(ends, 1, "it ends once");

      const raw = new RawCaller(lab, caller, "replies");
      const [endpoint] = endpoints;
      assert.ok(endpoint);
      const overtaken = raw.request(1, { service: "one", method: "quick", args: ["overtaken"] });
      const next = raw.request(2, { service: "one", method: "quick", args: ["next"] });
      await raw.withdraw(endpoint, overtaken);
      await lab.quiet();
      await raw.send(endpoint, overtaken, next);
      assert.equal((await raw.reply()).id, 2, "a request that its cancellation has overtaken was answered");
      assert.deepEqual(begun.slice(2), ["next"]);
      assert.equal(caller.manager.pending, 0);
    },
  ),
  serviceCase(
    "S-06",
    "what a service calls has what is left of its caller's time; a request that has expired does not run",
    async (lab) => {
      const caller = await lab.side();
      const seen: number[] = [];
      const signals: AbortSignal[] = [];
      const pass = (next: string) => ({
        async process(timeoutMs: number | undefined, ctx: CallContext) {
          await lab.sleep(100);
          const call = { service: next, args: [timeoutMs] };
          return ctx.callService(timeoutMs === undefined ? call : { ...call, timeoutMs });
        },
      });
      await lab.serve("a", () => pass("b"), { on: "a" });
      await lab.serve("b", () => pass("c"), { on: "b" });
      const { endpoints, reports } = await lab.serve(
        "c",
        () => ({
          process(_: unknown, ctx: CallContext) {
            seen.push(ctx.remainingMs);
            return "done";
          },
          hold: (ctx: CallContext) => {
            signals.push(ctx.signal);
            return new Gate().pass(ctx.signal);
          },
        }),
        { on: "c" },
      );

      assert.equal(await caller.call("a", "process", [undefined], { timeoutMs: 1000 }), "done");
      assert.equal(await caller.call("b", "process", [50], { timeoutMs: 1000 }), "done");
      const [left = 0, own = 0] = seen;
      assert.ok(left <= 800 && left > 600, `${left} ms are left of 1000 after two times 100`);
      assert.ok(own <= 50 && own > 0, `${own} ms are left of 50`);
      const before = lab.now;
      await assertFails(caller.call("a", "process", [undefined], { timeoutMs: 150 }), "SERVICE_TIMEOUT");
      assertTook(lab.now - before, 150, "the outermost call is rejected");
      await lab.sleep(100);
      assert.equal(seen.length, 2, "the innermost method ran after its time");

      const raw = new RawCaller(lab, caller, "replies");
      const expired = raw.request(0, { service: "c", method: "process", args: [1] });
      const [endpoint] = endpoints;
      assert.ok(endpoint);
      const now = caller.host.clock.monotonic();
      await raw.send(endpoint, { ...expired, deadline: now - 1 }, { ...expired, id: 1, method: "nope" });
      assert.equal((await raw.reply()).id, 1, "an expired request was answered");
      assert.equal(seen.length, 2, "an expired request ran");
      assert.equal(reports()[0]?.expired, 1);

      // Nobody cancels this one: the signal follows from the deadline alone.
      const unheard = raw.request(2, { service: "c", method: "hold" });
      await raw.send(endpoint, { ...unheard, deadline: caller.host.clock.monotonic() + 100 });
      await lab.sleep(60);
      assert.deepEqual(
        signals.map(({ aborted }) => aborted),
        [false],
      );
      await lab.sleep(60);
      const reason: unknown = signals[0]?.reason;
      assert.ok(hasCode(reason, "SERVICE_TIMEOUT"), `at the deadline the signal says ${String(reason)}`);
    },
  ),
  serviceCase(
    "S-06a",
    "a request whose time has passed in the queue does not run, though nobody has cancelled it",
    async (lab) => {
      const caller = await lab.side();
      const seen: unknown[] = [];
      const create = () => ({
        process: (value: unknown, ctx: CallContext) => {
          seen.push(value);
          return ctx.remainingMs;
        },
      });
      const service = await lab.serve("late", create, { start: false });
      const [endpoint] = service.endpoints;
      assert.ok(endpoint);
      const raw = new RawCaller(lab, caller, "replies");
      const to = { service: "late", method: "process" };
      const now = caller.host.clock.monotonic();
      await raw.send(
        endpoint,
        raw.request(1, { ...to, args: ["expired"], deadline: now + 100 }),
        raw.request(2, { ...to, args: ["in time"], deadline: now + 1000 }),
      );
      await lab.sleep(300);
      await service.start();

      const reply = await raw.reply();
      assert.deepEqual([reply.id, seen], [2, ["in time"]]);
      assertTook(reply.ok ? (reply.value as number) : 0, 700, "the method has so much time left");
      assert.equal(service.reports()[0]?.expired, 1);
    },
    { needs: ["queueTime"] },
  ),
  serviceCase(
    "S-07",
    "deadlines hold between clocks that are an hour apart, in both directions",
    async (lab) => {
      const caller = await lab.side();
      for (const [on, aheadMs] of [
        ["ahead", hourMs],
        ["behind", -hourMs],
      ] as const) {
        const server = await lab.side(on, aheadMs);
        const signals: AbortSignal[] = [];
        await lab.serve(
          on,
          () => ({
            left: (ctx: CallContext) => ctx.remainingMs,
            hold: (ctx: CallContext) => {
              signals.push(ctx.signal);
              return new Gate().pass(ctx.signal);
            },
          }),
          { on },
        );
        assert.equal(server.host.clock.monotonic() - caller.host.clock.monotonic(), aheadMs);

        const left = (await caller.call(on, "left", [], { timeoutMs: 1000 })) as number;
        assert.ok(left > 900 && left <= 1000, `${left} ms are left of 1000`);
        const before = lab.now;
        await assertFails(caller.call(on, "hold", [], { timeoutMs: 100 }), "SERVICE_TIMEOUT");
        assertTook(lab.now - before, 100, "the call is rejected");
        const given = caller.begin(on, "hold", [], { timeoutMs: 5000 });
        await lab.eventually(() => signals.length === 2, "the method must run");
        assert.equal(signals[1]?.aborted, false, "the signal fires before the deadline");
        given.cancel();
        await lab.eventually(() => signals[1]?.aborted === true, "a cancellation must arrive");
        assert.equal(signals[0]?.aborted, true);
      }
    },
    { encoded: true },
  ),
];
