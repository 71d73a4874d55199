import assert from "node:assert/strict";
import { hasCode } from "@sage-kernel/core";
import type { Output } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { rejectionOf } from "../contract/probes.ts";
import {
  batchesAt,
  Emitter,
  edgesOf,
  groupOf,
  keyedRecords,
  payloadsAt,
  put,
  recordsAt,
} from "./router-probes.ts";
import type { RouterSubject } from "./router-subject.ts";

/** Who owns a record, where dead letters go, and the end of every channel. */
export const routerEndCases: readonly ContractCase<RouterSubject>[] = [
  {
    id: "R-28",
    title: "the first step gets the record itself, every further one a copy",
    async run({ router, strategies }) {
      for (const strategy of Object.keys(strategies)) {
        const emitter = new Emitter(await router({ edges: edgesOf(strategy, 1, 1, 1) }));
        const payload = { inner: [1], when: new Date(0), own: new Set(["x"]) };
        await emitter.emit({ payload, key: "k" });

        const [first, second, third] = await Promise.all(emitter.router.groups.map(payloadsAt));
        assert.equal(first?.[0]?.[0], payload, "the first step's record");
        const copies = [second, third].map((found) => found?.[0]?.[0] as typeof payload);
        assert.deepEqual(copies, [payload, payload]);
        assert.notEqual(copies[0], payload);
        assert.notEqual(copies[0]?.inner, payload.inner);
        assert.notEqual(copies[0]?.own, payload.own);
        assert.notEqual(copies[0]?.inner, copies[1]?.inner);
      }
    },
  },
  {
    id: "R-29",
    title: "the receivers of a shared stream all get the record itself",
    async run({ router, strategies }) {
      for (const strategy of Object.keys(strategies)) {
        const edges = edgesOf(strategy, 2, 2).map((edge) => ({ ...edge, shared: true }));
        const emitter = new Emitter(await router({ edges }));
        const payload = { inner: [1] };
        await emitter.emit({ payload, key: "k" });

        const found = (await Promise.all(emitter.router.groups.map(payloadsAt))).flat(2);
        assert.ok(found.length >= 2);
        for (const record of found) assert.equal(record, payload);
      }
    },
  },
  {
    id: "R-30",
    title: "dead letters go to the steps that take them, and to no other; records do not",
    async run({ router, strategies }) {
      for (const strategy of Object.keys(strategies)) {
        if (strategy === "hash") continue; // dead letters have no keys
        const edges = [
          { strategy, width: 1 },
          { strategy, width: 2, deadLetters: true },
        ];
        const emitter = new Emitter(await router({ edges }));
        await emitter.emit({ payload: "good", key: "k" });
        const outputs: Output[] = [];
        emitter.router.routeDeadLetters([], outputs);
        assert.deepEqual(outputs, []);
        emitter.router.routeDeadLetters(["bad"], outputs);
        await put(outputs);

        assert.deepEqual(await payloadsAt(groupOf(emitter.router)), [["good"]]);
        const letters = emitter.router.deadLetterGroups.map(payloadsAt);
        const found = (await Promise.all(letters)).flat(2);
        assert.ok(found.length >= 1 && found.every((letter) => letter === "bad"), `${found}`);
      }
    },
  },
  {
    id: "R-09",
    title: "the stop signal goes over every channel once, behind everything else",
    async run({ router, strategies }) {
      for (const strategy of Object.keys(strategies)) {
        const edges = [...edgesOf(strategy, 3, 1), { strategy, width: 2, deadLetters: true }];
        const emitter = new Emitter(await router({ edges }));
        const signal = { source: "sender#0", time: 7 };
        for (const record of keyedRecords(5)) emitter.attempt(record);
        const outputs = emitter.unit();
        emitter.router.stop(signal, outputs);
        emitter.router.stop(signal, outputs);
        await put(outputs);

        for (const connection of emitter.router.connections()) {
          const batches = await batchesAt(connection);
          const stops = batches.filter(({ stop }) => stop !== undefined);
          const { channel } = connection.target;
          assert.equal(stops.length, 1, `stop signals on channel ${channel}`);
          assert.equal(batches.at(-1), stops[0], `the stop signal is last on channel ${channel}`);
          const records = batches.reduce((sum, { payloads }) => sum + payloads.length, 0);
          const last = batches.at(-1);
          assert.equal((last?.firstSeq ?? 0) + (last?.payloads.length ?? 0), records, "its number");
          assert.deepEqual(last?.stop, signal);
          assert.equal(connection.stopped, true);
        }
      }
    },
  },
  {
    id: "R-10",
    title: "nothing can be sent behind the stop signal",
    async run({ router, strategies }) {
      for (const strategy of Object.keys(strategies)) {
        const emitter = new Emitter(await router({ edges: edgesOf(strategy, 2, 1) }));
        await emitter.emit({ payload: "early", key: "k" });
        await emitter.stop();

        const late = async () => emitter.emit({ payload: "late", key: "k" });
        const refusal = await rejectionOf(late);

        assert.ok(hasCode(refusal, "ILLEGAL_STATE"), `${strategy}: ${refusal}`);
        for (const connection of emitter.router.connections()) {
          const payloads = (await recordsAt(connection)).map(({ payload }) => payload);
          assert.ok(!payloads.includes("late"));
        }
      }
    },
  },
];
