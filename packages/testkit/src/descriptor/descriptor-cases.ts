import assert from "node:assert/strict";
import { hasCode, type JsonObject } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { rejectionOf } from "../contract/probes.ts";
import { Sender } from "../queue/queue-probes.ts";
import { assertDifferent, assertSame, ordersOf, throughJson, workplace } from "./queue-driver-probes.ts";
import type { QueueDriverSubject } from "./queue-driver-subject.ts";

const options: JsonObject = {
  text: "ü",
  list: [1, 2, { deep: null }],
  flag: false,
  inner: { b: 1, a: -0.5 },
};

/** Descriptors: names that travel. */
export const descriptorCases: readonly ContractCase<QueueDriverSubject>[] = [
  {
    id: "D-01",
    title: "a descriptor survives JSON without change, and is plain data",
    async run(subject) {
      const { named } = await workplace(subject);
      const descriptor = named("a", { options });
      const fields = { kind: subject.kind, id: subject.id("a"), capacity: 8, options };

      const copy = subject.parse(throughJson(descriptor));

      assert.deepEqual(throughJson(descriptor), fields);
      assert.deepEqual(throughJson(copy), fields);
      assert.equal(copy.differsIn(descriptor), undefined);
    },
  },
  {
    id: "D-03",
    title: "copies with the same id lead to the same queue, whenever they are made and whoever is used first",
    async run(subject) {
      const { named, open } = await workplace(subject);
      const copies = [
        (from: ReturnType<typeof named>) => subject.parse(throughJson(from)),
        (from: ReturnType<typeof named>) => subject.describe(from.toJSON()),
        (from: ReturnType<typeof named>) => from.withId(from.id),
      ];
      for (const early of [true, false]) {
        for (const [n, order] of ordersOf([-1, 0, 1, 2]).entries()) {
          let last = named(`${early ? "early" : "late"} ${n}`, { options });
          const made = early ? [last, ...copies.map((copy) => copy(last))] : [];
          const sender = new Sender();
          for (const who of order) {
            if (early) last = made[who + 1] as typeof last;
            else last = copies[who]?.(last) ?? last;
            await (await open(last)).put(sender.batch(who));
          }

          assert.equal(await (await open(last)).size(), order.length, `used in the order ${order}`);
        }
      }
    },
  },
  {
    id: "D-04",
    title: "a descriptor with a new id names another queue with the same options",
    async run(subject) {
      const { named, open } = await workplace(subject);
      const one = named("a", { options });
      const other = one.withId(subject.id("b"));

      assert.deepEqual(other.toJSON(), { ...one.toJSON(), id: subject.id("b") });
      assert.equal(one.id, subject.id("a"));
      await assertDifferent(await open(one), await open(other));
    },
  },
  {
    id: "D-05",
    title: "a descriptor that was serialised and parsed leads to the same queue of the job",
    async run(subject) {
      const { named, open } = await workplace(subject);
      const descriptor = named("a", { options });
      const queue = await open(descriptor);

      await assertSame(queue, await open(subject.parse(throughJson(descriptor))));
    },
  },
  {
    id: "D-11",
    title: "a descriptor that was serialised and parsed leads to the same queue in another process",
    needs: ["crossProcess"],
    async run(subject) {
      const here = await workplace(subject);
      const there = await workplace(subject);
      const descriptor = here.named("a");
      const parsed = subject.parse(throughJson(descriptor));

      await assertSame(await here.open(descriptor), await there.open(parsed));
    },
  },
  {
    id: "D-07",
    title: "making, copying and serialising a descriptor opens nothing",
    async run(subject) {
      const { named, open, opened } = await workplace(subject);
      const descriptor = named("a");
      subject.parse(throughJson(descriptor)).withId(subject.id("b")).differsIn(descriptor);
      assert.deepEqual(opened, []);

      await open(descriptor);

      assert.deepEqual(opened, [subject.id("a")]);
    },
  },
  {
    id: "D-10",
    title: "whether descriptors differ does not depend on the order of their options, and does on all else",
    async run(subject) {
      const { named, open, opened } = await workplace(subject);
      const one = named("a", { options });
      for (const order of ordersOf(Object.entries(options))) {
        const same = named("a", { options: { ...Object.fromEntries(order), inner: { a: -0.5, b: 1 } } });
        assert.equal(one.differsIn(same), undefined, JSON.stringify(same));
        assert.equal(same.differsIn(one), undefined, JSON.stringify(same));
        await open(same);
      }
      assert.equal(opened.length, 1);

      for (const other of [{}, { ...options, list: [2, 1, { deep: null }] }, { ...options, more: 1 }])
        assert.equal(one.differsIn(named("a", { options: other })), "options", JSON.stringify(other));
      assert.equal(one.differsIn(named("a", { options, capacity: 9 })), "capacity");
    },
  },
  {
    id: "D-15",
    title: "reading a descriptor ignores fields it does not know, and refuses what is no descriptor",
    async run(subject) {
      const good = { kind: subject.kind, id: subject.id("a"), capacity: 8 };
      const wrong: readonly unknown[] = [
        null,
        "queue",
        { ...good, id: "" },
        { ...good, id: "a\u0000b" },
        { ...good, capacity: 0 },
        { ...good, capacity: "8" },
        ...["__proto__", "constructor", "prototype"].flatMap((key) => [
          { ...good, options: JSON.parse(`{ "${key}": { "polluted": true } }`) },
          { ...good, options: { list: [JSON.parse(`{ "${key}": 1 }`)] } },
        ]),
      ];

      const { kind, id, capacity } = subject.parse({ ...good, colour: "red", __version: 7 });

      assert.deepEqual({ kind, id, capacity }, good);
      for (const json of wrong) {
        const refused = await rejectionOf(() => void subject.parse(json));
        assert.ok(hasCode(refused, "INVALID_DESCRIPTOR"), `${refused} for ${JSON.stringify(json)}`);
      }
    },
  },
];
