import { hasCode, keyGroup } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate } from "./support/simulate.ts";

describe.each(capacities)("routing at capacity %i", (capacity) => {
  it("spreads records round-robin from instance 0", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const collected = pipeline
        .fromBatch([0, 1, 2, 3])
        .map((n, ctx) => [n, ctx.index] as const, { parallelism: 2 })
        .collect();

      const { job } = await finish(pipeline);

      const instances = [...job.collected(collected)].sort(([a], [b]) => a - b).map(([, index]) => index);
      expect(instances).toEqual([0, 1, 0, 1]);
    }));

  it("sends each key to one instance, in order", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const collected = pipeline
        .fromBatch(["u1", "u2", "u3", "u1", "u2", "u3"].map((user, n) => ({ user, n })))
        .keyBy((record) => record.user)
        .map((record, ctx) => ({ ...record, index: ctx.index }), { parallelism: 2 })
        .collect();

      const { job } = await finish(pipeline);

      const records = job.collected(collected);
      expect(records).toHaveLength(6);
      for (const user of ["u1", "u2", "u3"]) {
        const own = records.filter((record) => record.user === user);
        expect(new Set(own.map((record) => record.index)).size).toBe(1);
        expect(own.map((record) => record.n)).toEqual(
          [...own.map((record) => record.n)].sort((a, b) => a - b),
        );
      }
    }));

  it("broadcasts to every instance, each with its own copy", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const collected = pipeline
        .fromBatch(["u1", "u2", "u3", "u1", "u2", "u3"].map((user) => ({ user, seen: [] as number[] })))
        .keyBy((record) => record.user, { strategy: "broadcast" })
        .map(
          (record, ctx) => {
            record.seen.push(ctx.index);
            return record.seen;
          },
          { parallelism: 3 },
        )
        .collect();

      const { job } = await finish(pipeline);

      const seen = job.collected(collected).map((indices) => indices.join());
      expect(seen.sort()).toEqual([
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "1",
        "1",
        "1",
        "1",
        "1",
        "1",
        "2",
        "2",
        "2",
        "2",
        "2",
        "2",
      ]);
    }));

  it("takes 0, the empty string, false and null for keys, and tells 1 from '1'", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const keys = [0, "", false, null, 1, "1"];
      const pipeline = env();
      const collected = pipeline
        .fromBatch([...keys, ...keys])
        .keyBy((key) => key)
        .reduce((count: number) => count + 1, { initial: () => 0, emit: "end", parallelism: 4 })
        .map((count, ctx) => [ctx.key, count] as const)
        .collect();

      const { job } = await finish(pipeline);

      expect(new Map(job.collected(collected))).toEqual(new Map(keys.map((key) => [key, 2])));
    }));

  it("keeps order end to end with single instances, and per channel at any parallelism", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const source = pipeline.fromBatch(range(500));
      const single = source
        .map((n) => n)
        .filter(() => true)
        .collect();
      const spread = source
        .map((n, ctx) => [ctx.index, n] as const, { parallelism: 3 })
        .map((pair) => pair, { parallelism: 2 })
        .collect();

      const { job } = await finish(pipeline);

      expect(job.collected(single)).toEqual(range(500));
      for (const index of range(3)) {
        const own = job
          .collected(spread)
          .filter(([from]) => from === index)
          .map(([, n]) => n);
        expect([...own].sort((a, b) => a - b)).toEqual(range(500).filter((n) => n % 3 === index));
        for (const receiver of range(2)) {
          const channel = own.filter((_, i) => i % 2 === receiver);
          expect(channel.length).toBeGreaterThan(0);
        }
      }
    }));
});

describe("errors of keys and routes", () => {
  it("takes a key function that throws for an operator error", () =>
    simulate({}, async ({ env }) => {
      const cause = new TypeError("no user");
      const pipeline = env();
      pipeline
        .fromBatch([1, 2])
        .keyBy(
          (n): number => {
            if (n === 2) throw cause;
            return n;
          },
          { name: "by-user" },
        )
        .run({ parallelism: 2 });

      const error = await rejection((await pipeline.submit()).done);

      expect(hasCode(error, "OPERATOR_FAILED")).toBe(true);
      expect(error.message).toContain('"by-user#0"');
      expect(error.cause).toBe(cause);
    }));

  it.each([undefined, Number.NaN, Number.POSITIVE_INFINITY, {}, []])(
    "takes %j for no key, as an error of that record",
    (key) =>
      simulate({}, async ({ env, finish }) => {
        const pipeline = env();
        const collected = pipeline
          .fromBatch(["a", key, "b"])
          .keyBy((value) => value as string, { onError: "deadLetter" })
          .collect();

        const { job } = await finish(pipeline);

        expect(job.collected(collected)).toEqual(["a", "b"]);
        expect(job.deadLetters.list().map((letter) => letter.reason)).toEqual(["invalid"]);
      }),
  );

  it.each([2, -1, 1.5, Number.NaN, "0", undefined, [0, 0], [0, 2]])(
    "takes a partitioner's answer %j for an error of that record",
    (answer) =>
      simulate({}, async ({ env, finish }) => {
        const pipeline = env();
        const collected = pipeline
          .fromBatch(["a", "bad", "b"])
          .map((word) => word, { onError: "deadLetter", name: "spread" })
          .map((word) => word, {
            parallelism: 2,
            partitioner: (packet) => (packet.payload === "bad" ? (answer as number) : 1),
          })
          .collect();

        const { job } = await finish(pipeline);

        expect(job.collected(collected)).toEqual(["a", "b"]);
        const [letter] = job.deadLetters.list();
        expect(letter?.reason).toBe("unroutable");
        expect(letter?.record).toBe("bad");
        expect(letter?.node).toBe("spread#0");
      }),
  );

  it("lets a custom partitioner send a record to several instances, each with its own copy", () =>
    simulate({}, async ({ env, finish }) => {
      const pipeline = env();
      pipeline.registerPartitioner("both-or-first", () => ({
        select: (packet, targets) => (packet.payload === null ? 0 : targets.map((_, i) => i)),
      }));
      const collected = pipeline
        .fromBatch([{ tags: ["x"] }, null])
        .map(
          (record, ctx) => {
            record?.tags.push(`${ctx.index}`);
            return record?.tags.join() ?? `null@${ctx.index}`;
          },
          { parallelism: 2, partitioner: "both-or-first" },
        )
        .collect();

      const { job } = await finish(pipeline);

      expect([...job.collected(collected)].sort()).toEqual(["null@0", "x,0", "x,1"]);
    }));
});

describe("dead letters", () => {
  it("go by the partitioner of the step that takes them", () =>
    simulate({}, async ({ env, finish }) => {
      const pipeline = env();
      const failing = pipeline.fromBatch(range(6)).map(
        (n): number => {
          throw new Error(`${n} fails`);
        },
        { onError: "deadLetter" },
      );
      failing.run();
      const buried = failing
        .deadLetters<number>()
        .map(({ record }, ctx) => `${record}@${ctx.index}`, {
          parallelism: 3,
          partitioner: ({ payload }) => payload.record % 3,
        })
        .collect();

      const { job } = await finish(pipeline);

      expect([...job.collected(buried)].sort()).toEqual(range(6).map((n) => `${n}@${n % 3}`));
    }));
});

describe("the key table", () => {
  it("is the same in every process", () => {
    const groups = [0, "", false, null, 1, "1", "user-42", "ü€😀", -0, 10n, true, 3.25].map((key) =>
      keyGroup(key),
    );

    expect(groups).toMatchInlineSnapshot(`
      [
        38,
        14,
        99,
        33,
        53,
        24,
        61,
        51,
        38,
        111,
        16,
        38,
      ]
    `);
  });
});
