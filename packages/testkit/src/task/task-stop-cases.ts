import assert from "node:assert/strict";
import { hasCode } from "@sage-kernel/core";
import { Batch } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { numbers } from "../contract/probes.ts";
import { ordersOf } from "../descriptor/queue-driver-probes.ts";
import type { TaskBench } from "./task-bench.ts";
import type { TaskFactorySubject } from "./task-factory-subject.ts";
import { taskCase } from "./task-lab.ts";

const two = [["up#0", "up#1"]] as const;

/** What breaks the protocol, by what it is. */
const violations: Readonly<Record<string, (bench: TaskBench) => Promise<void>>> = {
  "data after a stop signal": async (bench) => {
    await bench.stop("up#0", ["a"]);
    await bench.feed(["late"]);
  },
  "data and a second stop signal": async (bench) => {
    await bench.stop("up#0", ["a"]);
    await bench.stop("up#0", ["late"]);
  },
  "a stop signal of somebody else": (bench) =>
    bench.put(bench.next("up#0", [], undefined, { source: "stranger#0", time: 0 })),
  "a stop signal of the other producer": (bench) =>
    bench.put(bench.next("up#0", [], undefined, { source: "up#1", time: 0 })),
  "a channel that does not exist": (bench) => bench.put(new Batch(77, 0, ["late"])),
  "a gap": (bench) => bench.put(new Batch(bench.channelOf("up#0"), 3, ["late"])),
  "a repetition": async (bench) => {
    await bench.feed(["a", "b"]);
    await bench.put(new Batch(bench.channelOf("up#0"), 1, ["late"]));
  },
};

/** How inputs end. */
export const taskStopCases: readonly ContractCase<TaskFactorySubject>[] = [
  taskCase(
    "T-03",
    "it finishes once, after all inputs ended, and what it emits then goes before the stop signal",
    async (lab) => {
      const inputs = [["l#0", "l#1"], ["r#0"]];
      for (const order of ordersOf(inputs.flat())) {
        const bench = await lab.started(
          { inputs, room: 3, finish: async () => numbers(10) },
          order.join("-"),
        );
        for (const [n, source] of order.entries()) {
          assert.deepEqual(bench.called("finish"), [], `finished before ${source} stopped`);
          await bench.stop(source, [`from ${source}`]);
          if (n < 2) await lab.sleep(1000);
        }

        const payloads = await bench.consume();

        await bench.completes();
        assert.deepEqual(payloads, [...order.map((source) => `from ${source}`), ...numbers(10)]);
        const ends = bench.operator.calls.filter((call) => !call.startsWith("record"));
        const first = order.at(-1) === "r#0" ? [0, 1] : [1, 0];
        const ended = order.at(-1) === "r#0" || order.indexOf("r#0") < 2 ? first : [0, 1];
        assert.deepEqual(ends, ["open", ...ended.map((input) => `end of input ${input}`), "finish", "close"]);
      }
    },
  ),
  taskCase(
    "T-45",
    "an input's end is announced when its last record is done, while others go on",
    async (lab) => {
      const inputs = [["l#0"], ["r#0"]];
      const bench = await lab.started({ inputs, record: (n) => lab.sleep(10).then(() => n) });
      await bench.stop("r#0", ["r"]);
      await lab.sleep(1000);
      await bench.stop("l#0", ["l"]);
      await bench.completes();

      assert.deepEqual(bench.operator.calls, [
        "open",
        "record r",
        "end of input 1",
        "record l",
        "end of input 0",
        "finish",
        "close",
      ]);
    },
  ),
  taskCase("T-46", "what the end of an input takes time for is done before a further record", async (lab) => {
    const inputs = [["l#0"], ["r#0"]];
    const done: string[] = [];
    const note = (what: string, ms: number) => lab.sleep(ms).then(() => void done.push(what));
    const bench = await lab.started({
      inputs,
      endInput: (n) => note(`end ${n}`, 100),
      record: (payload) => note(`${payload}`, 1),
    });
    await bench.stop("r#0", ["r"]);
    await lab.sleep(10);
    await bench.stop("l#0", ["l"]);
    await bench.completes();

    assert.deepEqual(done, ["r", "end 1", "l", "end 0"]);
  }),
  taskCase(
    "T-47",
    "every receiver gets one stop signal, signed by the task, behind its last record",
    async (lab) => {
      const bench = await lab.started({ width: 3 });
      await bench.feed(numbers(5));
      await bench.stop("up#0", [5]);
      await bench.completes();

      for (const [index, receiver] of bench.receivers.entries()) {
        assert.equal(bench.stopsTo(index).length, 1, `stop signals to receiver ${index}`);
        assert.equal(receiver.puts.at(-1)?.stop?.source, "probe#0");
        assert.deepEqual(bench.sentTo(index), [index, index + 3]);
      }
    },
  ),
  taskCase(
    "T-11",
    "a stop signal that comes again is ignored, and its input waits for the others",
    async (lab) => {
      const bench = await lab.started({ inputs: two });
      const stop = bench.next("up#0", [], undefined, { source: "up#0", time: 0 });
      for (const _ of numbers(3)) await bench.put(stop);
      await bench.feed(["a"], "up#1");
      await lab.sleep(1000);
      assert.equal(bench.task.report().state, "running");
      assert.deepEqual(bench.called("end"), []);

      await bench.stop("up#1", ["b"]);
      await bench.completes();

      assert.deepEqual(bench.sentTo(), ["a", "b"]);
      assert.deepEqual(bench.called("end"), ["end of input 0"]);
    },
  ),
  taskCase(
    "T-48",
    "what breaks the protocol fails the task, which says so and does not touch the record",
    async (lab) => {
      for (const concurrency of [1, 2]) {
        for (const [n, [what, violate]] of Object.entries(violations).entries()) {
          const record =
            concurrency === 1 ? (payload: unknown) => payload : async (payload: unknown) => payload;
          const bench = await lab.started(
            { inputs: two, concurrency, record },
            `violation-${n}-${concurrency}`,
          );
          await violate(bench);

          const error = await bench.failure();

          assert.ok(hasCode(error, "PROTOCOL_VIOLATION"), `${what}: ${error}`);
          assert.equal(error.details.node, bench.task.id);
          assert.ok(!bench.operator.calls.includes("record late"), what);
          assert.equal(bench.operator.calls.at(-1), "close");
          assert.deepEqual(bench.stopsTo(), [], what);
        }
      }
    },
  ),
  taskCase("T-49", "a task whose queue is closed under it fails instead of ending well", async (lab) => {
    const bench = await lab.started({ inputs: two });
    await bench.stop("up#0", ["a"]);
    await lab.settle();
    bench.inbox.close();

    assert.ok(hasCode(await bench.failure(), "QUEUE_CLOSED"));
    assert.deepEqual(bench.sentTo(), ["a"]);
    assert.deepEqual(bench.stopsTo(), []);
  }),
  taskCase("T-50", "drain is for sources: a task with inputs goes on", async (lab) => {
    const bench = await lab.started();
    bench.task.drain();
    await lab.sleep(100);
    await bench.stop("up#0", ["a"]);
    await bench.completes();

    assert.deepEqual(bench.sentTo(), ["a"]);
  }),
];
