import assert from "node:assert/strict";
import { type CallContext, hasCode, SageError } from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, rejectionOf } from "../contract/probes.ts";
import { serviceCase } from "./service-lab.ts";
import { assertFails, RawCaller } from "./service-probes.ts";
import type { ServiceTransportSubject } from "./service-transport-subject.ts";

const data: readonly unknown[] = [
  null,
  undefined,
  true,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  12345678901234567890n,
  "",
  "é\u2028😀",
  [1, [2, [3]]],
  { a: { b: [undefined, null] }, $: "x" },
  new Date(0),
  new Map<unknown, unknown>([["k", new Set([1, "1"])]]),
  new Uint8Array([0, 255]),
];

/** What callers get. */
export const serviceAnswerCases: readonly ContractCase<ServiceTransportSubject>[] = [
  serviceCase(
    "S-01",
    "a call gives its method equal arguments and its caller an equal result; the default method is process",
    async (lab) => {
      const caller = await lab.side();
      await lab.serve("echo", () => ({
        process: (value: unknown) => ["process", value],
        all: (...args: readonly unknown[]) => args,
        later: async (value: unknown) => value,
      }));
      await lab.serve("relay", () => ({
        viaDefault: (value: unknown, ctx: CallContext) => ctx.callService("echo", value),
        viaProxy: (value: unknown, ctx: CallContext) =>
          ctx.service<{ later(v: unknown): unknown }>("echo").later(value),
      }));

      assert.deepEqual(await caller.call("echo", "all"), []);
      assert.deepEqual(await caller.call("echo", "all", data), data);
      for (const value of data) assert.deepEqual(await caller.call("echo", "later", [value]), value);
      assert.deepEqual(await caller.call("relay", "viaDefault", [7]), ["process", 7]);
      assert.deepEqual(await caller.call("relay", "viaProxy", [8]), 8);
    },
  ),
  serviceCase(
    "S-02",
    "of a thousand calls of two callers at once, in any order of their ends, each gets its own result",
    async (lab) => {
      const random = new SeededRandom(2);
      const ended: unknown[] = [];
      const ends = numbers(50).map((n) => lab.sleep(20 + n));
      await lab.serve(
        "slow",
        () => ({
          async process(value: string, when: number) {
            await ends[when];
            ended.push(value);
            return `answer to ${value}`;
          },
        }),
        { concurrency: 1000, capacity: 100 },
      );
      const callers = [await lab.side("one"), await lab.side("two")];

      const asked = callers.flatMap((_, c) => numbers(500).map((n) => `${c}/${n}`));
      const answers = await Promise.all(
        asked.map((value, i) =>
          callers[i < 500 ? 0 : 1]?.call("slow", "process", [value, random.integer(50)]),
        ),
      );

      assert.deepEqual(
        answers,
        asked.map((value) => `answer to ${value}`),
      );
      assert.notDeepEqual(ended, asked, "they have ended in the order of their calls");
      assert.deepEqual([...ended].sort(), [...asked].sort(), "each ran once");
      for (const { manager } of callers) {
        assert.equal(manager.pending, 0);
        assert.deepEqual(manager.strays, { late: 0, unknown: 0, invalid: 0 });
      }
    },
  ),
  serviceCase(
    "S-03",
    "an error keeps its name, message, code, facts and cause, and the service goes on",
    async (lab) => {
      const caller = await lab.side();
      const faultOfTheService = (): Error =>
        Object.assign(new RangeError("too far", { cause: new TypeError("root") }), { secret: 1 });
      await lab.serve("failing", () => ({
        now: () => {
          throw faultOfTheService();
        },
        later: async () => {
          throw faultOfTheService();
        },
        kernel: () => {
          throw new SageError("INVALID_OPTION", { path: "a.b", problem: "is 1", expected: "2" });
        },
        string: async () => {
          throw "just text";
        },
        function: () => () => 1,
        fine: () => "fine",
      }));

      for (const method of ["now", "later"]) {
        const error = (await rejectionOf(() => caller.call("failing", method))) as Error & { code?: unknown };
        assert.deepEqual([error.name, error.message, error.code], ["RangeError", "too far", undefined]);
        const cause = error.cause as Error;
        assert.deepEqual([cause.name, cause.message], ["TypeError", "root"]);
        const stacks = `${error.stack}\n${cause.stack}`;
        assert.ok(!stacks.includes("faultOfTheService"), "the stack tells where the service's code is");
      }
      const facts = await assertFails(caller.call("failing", "kernel"), "INVALID_OPTION");
      assert.deepEqual(facts, { path: "a.b", problem: "is 1", expected: "2" });
      const text = (await rejectionOf(() => caller.call("failing", "string"))) as Error;
      assert.ok(text instanceof Error && text.message.includes("just text"), String(text));
      await assertFails(caller.call("failing", "function"), "NOT_SERIALIZABLE");
      const noData = caller.call("failing", "fine", [() => 1]).then(
        () => undefined, // where messages are passed on as they are
        (error: unknown) => error,
      );
      assert.equal(await caller.call("failing", "fine"), "fine");
      const refusal = await noData;
      assert.ok(refusal === undefined || hasCode(refusal, "NOT_SERIALIZABLE"), String(refusal));
    },
  ),
  serviceCase(
    "S-08",
    "an unknown service, an unknown method, a hook, and a private or inherited name are refused without effect",
    async (lab) => {
      const caller = await lab.side();
      const calls: string[] = [];
      class Base {
        inheritedFine() {
          return "fine";
        }
      }
      class Strict extends Base {
        process() {
          calls.push("process");
        }
        _private() {
          calls.push("_private");
        }
        setup() {
          calls.push("setup");
        }
        cleanup() {
          calls.push("cleanup");
        }
        get property() {
          return () => calls.push("property");
        }
      }
      const { endpoints, reports } = await lab.serve("strict", () => new Strict());
      const [endpoint] = endpoints;
      assert.ok(endpoint);
      calls.length = 0;
      const names = ["", "nope", "_private", "setup", "cleanup", "property", "constructor", "__proto__"];
      const forbidden = [...names, "toString", "hasOwnProperty", "valueOf", "then"];

      await assertFails(caller.call("nope", "process"), "SERVICE_NOT_FOUND");
      for (const method of forbidden)
        await assertFails(caller.call("strict", method), "SERVICE_METHOD_NOT_FOUND");
      assert.equal(await caller.call("strict", "inheritedFine"), "fine");

      const raw = new RawCaller(lab, caller, "replies");
      const wanted = [{ service: "other", method: "process" }];
      for (const method of forbidden) wanted.push({ service: "strict", method });
      await raw.send(endpoint, ...wanted.map((fields, id) => raw.request(id, fields)));
      for (const [id, { service }] of wanted.entries()) {
        const reply = await raw.reply();
        assert.equal(reply.id, id);
        const code = service === "other" ? "SERVICE_NOT_FOUND" : "SERVICE_METHOD_NOT_FOUND";
        assert.equal(reply.ok ? "a result" : reply.error.code, code, wanted[id]?.method);
      }
      assert.deepEqual(calls, []);
      assert.equal(reports()[0]?.refused, wanted.length);
    },
  ),
  serviceCase(
    "S-17",
    "a service that calls itself, directly or through others, is refused at once, however few calls it runs",
    async (lab) => {
      const caller = await lab.side();
      const plan = { concurrency: 1, timeoutMs: 1000 };
      const ask = (service: string) => ({ process: (ctx: CallContext) => ctx.callService(service) });
      await lab.serve("self", () => ask("self"), plan);
      await lab.serve("a", () => ask("b"), { ...plan, on: "a" });
      await lab.serve("b", () => ask("c"), { ...plan, on: "b" });
      await lab.serve("c", () => ask("a"), { ...plan, on: "c" });
      await lab.serve("end", () => ({ process: () => "end" }), plan);
      await lab.serve("fine", () => ask("end"), plan);

      for (const [first, chain] of [
        ["self", ["self"]],
        ["a", ["a", "b", "c"]],
      ] as const) {
        const before = lab.now;
        const error = await rejectionOf(() => caller.call(first, "process"));
        assert.ok(hasCode(error, "SERVICE_CALL_CYCLE"), String(error));
        assert.deepEqual(error.details, { service: first, chain });
        assert.ok(lab.now - before < 500, "it waits for its deadline");
      }
      const twice = [caller.call("fine", "process"), caller.call("fine", "process")];
      assert.deepEqual(await Promise.all(twice), ["end", "end"]);
    },
  ),
];
