import assert from "node:assert/strict";
import { type CallContext, type CallInterceptor, isSageError } from "@sage-kernel/core";
import { Batch, type ServiceRequest } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, rejectionOf } from "../contract/probes.ts";
import { serviceCase } from "./service-lab.ts";
import { assertFails, assertTook, Gate, RawCaller, takeOne } from "./service-probes.ts";
import type { ServiceTransportSubject } from "./service-transport-subject.ts";

/** The end of a service, the way of its replies, and what is around its calls. */
export const serviceLifeCases: readonly ContractCase<ServiceTransportSubject>[] = [
  serviceCase(
    "S-15",
    "a service that stops answers what it has accepted, refuses what comes, and its hooks run behind the last call",
    async (lab) => {
      const [caller, unheard] = [await lab.side(), await lab.side("unheard")];
      const gate = new Gate();
      const events: unknown[] = [];
      const create = () => ({
        process: async (n: number, ctx: CallContext) => {
          await gate.pass(ctx.signal);
          events.push(n);
          return n;
        },
        stop: () => events.push("stop"),
        cleanup: () => events.push("cleanup"),
      });
      const service = await lab.serve("ending", create, { concurrency: 1 });
      const accepted = numbers(4).map((n) => caller.begin("ending", "process", [n]));
      await lab.eventually(() => gate.entered === 1, "the method must run");
      await lab.quiet();

      const stopped = service.stop({ drain: true, graceMs: 1000 }, [unheard]);
      const facts = await assertFails(caller.call("ending", "process", [9]), "SERVICE_UNAVAILABLE");
      assert.equal(facts.maybeExecuted, false);
      await lab.quiet();
      const late = unheard.call("ending", "process", [9], { timeoutMs: 900 });
      await assertFails(late, "SERVICE_UNAVAILABLE");
      gate.open();
      await stopped;

      assert.deepEqual(await Promise.all(accepted.map(({ result }) => result)), numbers(4));
      assert.deepEqual(events, [0, 1, 2, 3, "stop", "cleanup"]);
      await assertFails(caller.call("ending", "process", [9]), "SERVICE_NOT_FOUND");
    },
  ),
  serviceCase(
    "S-15a",
    "calls that do not end have their signals fired: after the grace of a drain, and at once without one",
    async (lab) => {
      const caller = await lab.side();
      for (const [drain, expectedMs] of [
        [true, 200],
        [false, 0],
      ] as const) {
        const gate = new Gate();
        let firedAt = 0;
        const name = `drain-${drain}`;
        const service = await lab.serve(name, () => ({
          process: (ctx: CallContext) => {
            ctx.signal.addEventListener("abort", () => {
              firedAt = lab.now;
            });
            return gate.pass(ctx.signal);
          },
        }));
        const call = caller.begin(name, "process");
        await lab.eventually(() => gate.entered === 1, "the method must run");
        const before = lab.now;
        await service.stop({ drain, graceMs: 200 });

        assertTook(firedAt - before, expectedMs, "the signal fires");
        assert.ok(isSageError(await rejectionOf(() => call.result)), "the caller is let go");
        assert.equal(call.ends, 1);
      }
    },
  ),
  serviceCase(
    "S-18",
    "a reply goes where its request says, by a descriptor of plain JSON; one that cannot be sent harms no other",
    async (lab) => {
      const [caller, server] = [await lab.side(), await lab.side("server")];
      const { endpoints } = await lab.serve("echo", () => ({ process: (value: unknown) => value }));
      const [endpoint] = endpoints;
      assert.ok(endpoint);
      const raws = ["one", "two"].map((name) => new RawCaller(lab, caller, name));
      const to = { service: "echo", method: "process" };
      for (const [n, raw] of raws.entries()) {
        const replyTo = JSON.parse(JSON.stringify(raw.replyTo));
        await raw.send(endpoint, raw.request(1, { ...to, args: [`for ${n}`], replyTo }));
      }
      for (const [n, raw] of raws.entries()) {
        const reply = await raw.reply();
        assert.deepEqual([reply.id, reply.ok && reply.value], [1, `for ${n}`]);
      }

      const [raw] = raws as [RawCaller];
      const nowhere = [
        { ...raw.replyTo, kind: "no such kind" },
        { ...raw.replyTo, id: "" },
        endpoint.requests,
      ];
      const forged = nowhere.map((replyTo, id) => raw.request(id, { ...to, args: [id], replyTo }));
      await raw.send(
        endpoint,
        { kind: "nonsense" },
        null,
        ...forged,
        raw.request(5, { ...to, args: ["still"] }),
      );
      const reply = await raw.reply();
      assert.deepEqual([reply.id, reply.ok && reply.value], [5, "still"]);

      // What a manager sends, looked at and answered by hand.
      const idle = await lab.serve("by hand", () => ({ process: () => undefined }), { start: false });
      const [inbox] = idle.endpoints;
      assert.ok(inbox);
      const call = caller.begin("by hand", "process", [1]);
      const request = (await takeOne(server, inbox.requests)) as ServiceRequest;
      assert.deepEqual(JSON.parse(JSON.stringify(request.replyTo)), request.replyTo);
      const fields = Object.keys(request.replyTo).sort();
      assert.deepEqual(
        fields.filter((field) => field !== "options"),
        ["capacity", "id", "kind"],
      );
      const queue = await server.manager.open(JSON.parse(JSON.stringify(request.replyTo)));
      const value = { kind: "response", id: request.id, executionMs: 0, ok: true, value: "by hand" };
      await queue.put(new Batch(0, 0, [{ ...value, id: 77 }, "nonsense", value, value]));
      assert.equal(await call.result, "by hand");
      await lab.quiet();
      assert.deepEqual(caller.manager.strays, { late: 1, unknown: 1, invalid: 1 });
    },
  ),
  serviceCase(
    "S-22",
    "interceptors are passed from the outermost in, headers reach the method, and calls are counted on both sides",
    async (lab) => {
      const caller = await lab.side();
      const events: string[] = [];
      const around =
        (name: string): CallInterceptor =>
        async (call, next) => {
          events.push(`${name} in`);
          const trace = `${call.headers?.trace}>${name}`;
          const result = await next({ ...call, headers: { ...call.headers, trace } });
          events.push(`${name} out`);
          return result;
        };
      const interceptors = [around("outer"), around("inner")];
      const create = () => ({
        async process(ctx: CallContext) {
          events.push("method");
          await lab.sleep(10);
          return ctx.headers;
        },
        fails: () => {
          throw new Error("no");
        },
      });
      const { reports } = await lab.serve("traced", create, { interceptors });
      await lab.serve("plain", create);

      const headers = { trace: "root", other: "é" };
      const got = await caller.call("traced", "process", [], { headers });
      assert.deepEqual(got, { trace: "root>outer>inner", other: "é" });
      assert.deepEqual(events, ["outer in", "inner in", "method", "inner out", "outer out"]);
      assert.deepEqual(await caller.call("plain", "process", [], { headers }), headers);
      assert.equal(await caller.call("plain", "process"), undefined);
      await rejectionOf(() => caller.call("traced", "fails"));

      const [report] = reports();
      assert.deepEqual([report?.running, report?.maxRunning, report?.refused], [0, 1, 0]);
      assert.deepEqual([report?.methods.process?.calls, report?.methods.process?.failures], [1, 0]);
      assert.deepEqual([report?.methods.fails?.calls, report?.methods.fails?.failures], [1, 1]);
      const stats = caller.entry("traced")?.stats.report("lab", "traced");
      assert.deepEqual([stats?.calls, stats?.inFlight, stats?.failures], [2, 0, { FOREIGN: 1 }]);
    },
  ),
];
