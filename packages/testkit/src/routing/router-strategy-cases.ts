import assert from "node:assert/strict";
import { hasCode } from "@sage-kernel/core";
import type { PartitionKey } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, rejectionOf } from "../contract/probes.ts";
import { connectionTo, Emitter, edgesOf, groupOf, payloadsAt, put, recordsAt } from "./router-probes.ts";
import type { RouterSubject } from "./router-subject.ts";

/** Key groups worked out by hand from docs/routing.md: any implementation, in any language, must have these. */
const published: readonly (readonly [PartitionKey, number])[] = [
  ["", 14],
  ["a", 11],
  ["foobar", 74],
  ["1", 24],
  [1, 53],
  [0, 38],
  [-0, 38],
  [-1.5, 16],
  [1e21, 27],
  [true, 16],
  [false, 99],
  [null, 33],
  [10n, 111],
  [10, 89],
  ["zwölf €uro", 109],
  ["𝄞🎼", 54],
];

/** The built-in strategies. */
export const routerStrategyCases: readonly ContractCase<RouterSubject>[] = [
  {
    id: "R-01",
    title: "round-robin deals in turn from the first instance, for each sender and each step on its own",
    needs: ["round-robin"],
    async run({ router }) {
      for (const _sender of [0, 1]) {
        const emitter = new Emitter(await router({ edges: edgesOf("round-robin", 3, 2) }));
        let sent = 0;
        for (const size of [1, 4, 2, 5])
          await emitter.emit(...numbers(size).map(() => ({ payload: sent++ })));

        const [three, two] = [groupOf(emitter.router, 0), groupOf(emitter.router, 1)];
        assert.deepEqual(await payloadsAt(three), [
          [0, 3, 6, 9],
          [1, 4, 7, 10],
          [2, 5, 8, 11],
        ]);
        assert.deepEqual(await payloadsAt(two), [
          [0, 2, 4, 6, 8, 10],
          [1, 3, 5, 7, 9, 11],
        ]);
      }
    },
  },
  {
    id: "R-02",
    title: "hash sends the published keys to the owners of their published groups",
    needs: ["hash"],
    async run({ router }) {
      for (const width of [128, 5, 2]) {
        const emitter = new Emitter(await router({ edges: edgesOf("hash", width) }));
        await emitter.emit(...published.map(([key], payload) => ({ payload, key })));

        const found = await payloadsAt(groupOf(emitter.router));
        for (const [payload, [key, group]] of published.entries()) {
          const owner = found.findIndex((records) => records.includes(payload));
          assert.equal(owner, Math.floor((group * width) / 128), `owner of ${typeof key} ${key} of ${width}`);
        }
      }
    },
  },
  {
    id: "R-20",
    title: "hash spreads many keys evenly, and each key goes to one instance, whoever sends it",
    needs: ["hash"],
    async run({ router }) {
      const count = 2000;
      const senders = [0, 1].map(async () => new Emitter(await router({ edges: edgesOf("hash", 8) })));
      const owners: number[][] = [];
      for (const emitter of await Promise.all(senders)) {
        for (const n of numbers(count)) emitter.attempt({ payload: n, key: `user-${n}` });
        const owner: number[] = [];
        for (const { batch, connection } of emitter.unit())
          for (const n of batch.payloads as number[]) owner[n] = connection.target.index;
        owners.push(owner);
      }

      assert.deepEqual(owners[0], owners[1]);
      const expected = count / 8;
      const chiSquare = numbers(8).reduce((sum, instance) => {
        const share = (owners[0] as number[]).filter((owner) => owner === instance).length;
        return sum + (share - expected) ** 2 / expected;
      }, 0);
      assert.ok(chiSquare < 24.3, `chi-square of 7 degrees of freedom is ${chiSquare}`);
    },
  },
  {
    id: "R-03",
    title: "hash refuses records without keys, and sends nothing",
    needs: ["hash"],
    async run({ router }) {
      const emitter = new Emitter(await router({ edges: edgesOf("hash", 2) }));

      const refusal = await rejectionOf(async () => emitter.emit({ payload: 1 }));

      assert.ok(hasCode(refusal, "MISSING_KEY"), String(refusal));
      assert.deepEqual([...emitter.router.sent().values()], [0, 0]);
      assert.deepEqual(await payloadsAt(groupOf(emitter.router)), [[], []]);
    },
  },
  {
    id: "R-04",
    title: "broadcast gives every instance one copy, and nobody sees what another does with it",
    needs: ["broadcast"],
    async run({ router }) {
      const emitter = new Emitter(await router({ edges: edgesOf("broadcast", 3) }));
      await emitter.emit({ payload: { n: 1, inner: ["a"] }, key: "k" });

      for (const index of [0, 1, 2]) {
        const records = await recordsAt(connectionTo(emitter.router, 0, index));
        assert.deepEqual(records, [{ payload: { n: 1, inner: ["a"] }, key: "k", seq: 0 }]);
        for (const { payload } of records) (payload as { inner: string[] }).inner.push(`seen by ${index}`);
      }
    },
  },
  {
    id: "R-21",
    title: "least-loaded prefers the emptiest inbox, counting what the same unit sends there",
    needs: ["least-loaded"],
    async run({ router }) {
      const edge = { strategy: "least-loaded", width: 3, capacity: 20 };
      const emitter = new Emitter(await router({ edges: [edge] }));
      const busy = [0, 2].flatMap((index) => {
        const first = connectionTo(emitter.router, 0, index);
        return first.send(["old", "old", "old"], ["k", "k", "k"], undefined);
      });
      await put(busy);
      await emitter.emit(...numbers(5).map((payload) => ({ payload, key: "k" })));

      const [first, second, third] = await payloadsAt(groupOf(emitter.router));
      assert.deepEqual(second?.slice(0, 3), [0, 1, 2]);
      assert.equal((first?.length ?? 0) + (second?.length ?? 0) + (third?.length ?? 0), 11);
      assert.ok(
        [first, second, third].every((records) => (records?.length ?? 0) <= 4),
        "the same unit piles up in one inbox",
      );
    },
  },
];
