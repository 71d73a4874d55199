import assert from "node:assert/strict";
import { hasCode } from "@sage-kernel/core";
import type { Connection, Packet, Partitioner } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, rejectionOf } from "../contract/probes.ts";
import { connectionTo, Emitter, groupOf, payloadsAt, recordsAt } from "./router-probes.ts";
import type { RouterSubject } from "./router-subject.ts";

/** An edge of three instances with a partitioner whose answers a case chooses. */
function edgeBy(select: (packet: Packet, targets: readonly Connection[]) => unknown) {
  const partitioner = () => ({ select: select as Partitioner["select"] });
  return { strategy: "custom", width: 3, partitioner };
}

const wrongAnswers: readonly unknown[] = [-1, 3, 1.5, Number.NaN, "0", undefined, null, [], [0, 0], [0, 3]];

/** Partitioners of the user's own. */
export const routerCustomCases: readonly ContractCase<RouterSubject>[] = [
  {
    id: "R-12",
    title: "an answer that names no instances is refused, and the records around it arrive",
    needs: ["custom"],
    async run({ router }) {
      for (const answer of wrongAnswers) {
        const edge = edgeBy(({ payload }) => (payload === "bad" ? answer : 1));
        const emitter = new Emitter(await router({ edges: [edge] }));
        emitter.attempt({ payload: "before" });

        const refusal = await rejectionOf(async () => emitter.attempt({ payload: "bad" }));

        assert.ok(hasCode(refusal, "INVALID_ROUTE"), `${answer} is refused with ${refusal}`);
        await emitter.emit({ payload: "behind" });
        assert.deepEqual(await payloadsAt(groupOf(emitter.router)), [[], ["before", "behind"], []]);
      }
    },
  },
  {
    id: "R-08",
    title: "what a partitioner throws goes to its record alone, which reaches none of the steps",
    needs: ["custom", "broadcast"],
    async run({ router }) {
      const own = new Error("no idea");
      const edge = edgeBy(({ payload }) => {
        if (payload === "bad") throw own;
        return 2;
      });
      const emitter = new Emitter(await router({ edges: [{ strategy: "broadcast", width: 2 }, edge] }));
      emitter.attempt({ payload: "before" });

      assert.equal(await rejectionOf(async () => emitter.attempt({ payload: "bad" })), own);

      await emitter.emit({ payload: "behind" });
      const good = ["before", "behind"];
      assert.deepEqual(await payloadsAt(groupOf(emitter.router, 0)), [good, good]);
      assert.deepEqual(await payloadsAt(groupOf(emitter.router, 1)), [[], [], good]);
    },
  },
  {
    id: "R-22",
    title: "a partitioner sees the record with its key, headers and input, and all instances in order",
    needs: ["custom"],
    async run({ router }) {
      const seen: unknown[] = [];
      const edge = edgeBy((packet, targets) => {
        seen.push({ ...packet, targets: targets.map(({ target }) => target.index) });
        return 0;
      });
      const emitter = new Emitter(await router({ edges: [{ ...edge, inputIndex: 2 }] }));
      await emitter.emit({ payload: "a", key: 7, headers: { id: "x" } });

      assert.deepEqual(seen, [
        {
          payload: "a",
          inputIndex: 2,
          partitionKey: 7,
          partitionStrategy: "custom",
          headers: { id: "x" },
          targets: [0, 1, 2],
        },
      ]);
    },
  },
  {
    id: "R-23",
    title: "each sender has a partitioner of its own for each step, asked once for each record, in order",
    needs: ["custom"],
    async run({ router }) {
      let made = 0;
      const asked: unknown[] = [];
      const partitioner = () => {
        const own = made++;
        let next = 0;
        return {
          select: ({ payload }: Packet) => {
            asked.push(`${own}: ${payload}`);
            return next++ % 2;
          },
        };
      };
      const edge = { strategy: "custom", width: 2, partitioner };
      for (const _sender of [0, 1]) {
        const emitter = new Emitter(await router({ edges: [edge, edge] }));
        await emitter.emit({ payload: "a" });
        await emitter.emit({ payload: "b" }, { payload: "c" });

        for (const group of emitter.router.groups)
          assert.deepEqual(await payloadsAt(group), [["a", "c"], ["b"]]);
      }
      assert.equal(made, 4);
      const expected = numbers(4).flatMap((own) => ["a", "b", "c"].map((payload) => `${own}: ${payload}`));
      assert.deepEqual(asked.sort(), expected);
    },
  },
  {
    id: "R-24",
    title: "several instances that a partitioner names get a copy each, and the others nothing",
    needs: ["custom"],
    async run({ router }) {
      const emitter = new Emitter(await router({ edges: [edgeBy(() => [2, 0])] }));
      await emitter.emit({ payload: { n: 1 } });

      for (const index of [0, 2]) {
        const records = await recordsAt(connectionTo(emitter.router, 0, index));
        assert.deepEqual(records, [{ payload: { n: 1 }, seq: 0 }]);
        for (const { payload } of records) (payload as { n: number }).n = index;
      }
      assert.deepEqual(await recordsAt(connectionTo(emitter.router, 0, 1)), []);
    },
  },
  {
    id: "R-25",
    title: "a record that could not cross a process is refused before it reaches any step",
    needs: ["strict", "broadcast"],
    async run({ router }) {
      const edges = [{ strategy: "broadcast", width: 2 }];
      const emitter = new Emitter(await router({ edges, strict: true }));
      emitter.attempt({ payload: "good" });

      const payload = { handler: () => undefined };
      const refusal = await rejectionOf(async () => emitter.attempt({ payload }));

      assert.ok(hasCode(refusal, "NOT_SERIALIZABLE"), String(refusal));
      await emitter.emit({ payload: new Map([[1, new Date(0)]]) });
      const good = ["good", new Map([[1, new Date(0)]])];
      assert.deepEqual(await payloadsAt(groupOf(emitter.router)), [good, good]);
    },
  },
];
