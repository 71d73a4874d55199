import { type Environment, hasCode } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { rejection, simulate } from "./support/simulate.ts";

const self = (n: number): number => n;

/** A stream as untyped code sees it. */
interface Loose {
  join(...args: unknown[]): { run(): void };
  reduce(...args: unknown[]): { run(): void };
}

/** A way to declare a pipeline wrongly, and every line that the build says about it. */
const mistakes: readonly (readonly [string, (env: Environment) => void, readonly string[]])[] = [
  [
    "a future that nothing fills",
    (env) => env.fromBatch([1]).union(env.fromFuture<number>("back")).run(),
    [
      "back: Nothing fills this future. End the way back with fill(future), or take the future out. [UNFILLED_FUTURE]",
    ],
  ],
  [
    "a future that is filled twice",
    (env) => {
      const back = env.fromFuture<number>("back");
      const all = env
        .fromBatch([1])
        .union(back)
        .filter(() => false);
      all.fill(back);
      all.fill(back);
    },
    ["back: This future is filled 2 times. Fill it once: union() the streams before. [FILLED_TWICE]"],
  ],
  [
    "filling a stream that is no future",
    (env) => {
      const source = env.fromBatch([1], { name: "numbers" });
      source.run();
      source.fill(source as never);
    },
    ["numbers: It fills a stream that is no future. Pass what env.fromFuture(name) returned. [NOT_A_FUTURE]"],
  ],
  [
    "a future that nothing reads",
    (env) => env.fromBatch([1]).fill(env.fromFuture<number>("back")),
    ["back: Nothing reads this future. Use the stream that fromFuture() returned. [DANGLING]"],
  ],
  [
    "a future with a wrong name and limit, and another one of the same name",
    (env) => {
      for (const limit of [0, 10]) {
        const back = env.fromFuture<number>("no name", { maxLoopRecords: limit });
        env
          .fromBatch([1])
          .union(back)
          .filter(() => false)
          .fill(back);
      }
    },
    [
      "no name: The future's name is the string \"no name\". Use 1 to 64 letters, digits, '-', '_' and '.', beginning with a letter or digit. [INVALID_NAME]",
      "no name: Its maxLoopRecords is the number 0. Use an integer of at least 1. [INVALID_LOOP_LIMIT]",
      "no name: The future's name is the string \"no name\". Use 1 to 64 letters, digits, '-', '_' and '.', beginning with a letter or digit. [INVALID_NAME]",
      "no name: Several futures have this name. Give each its own. [DUPLICATE_NAME]",
    ],
  ],
  [
    "a loop into which nothing comes",
    (env) => {
      const back = env.fromFuture<number>("back");
      back.map(self).fill(back);
    },
    [
      "back: No record can ever come into this loop. Bring records into it, for instance by union() with a source. [UNFED_LOOP]",
    ],
  ],
  [
    "a join of three streams",
    (env) => {
      const keyed = env.fromBatch([1]).keyBy(self);
      const three = keyed.connect(keyed, keyed) as unknown as Loose;
      three.join(self, { name: "pairs" }).run();
    },
    ["pairs: It joins 3 streams. Join two streams, and the result with the next one. [INVALID_JOIN]"],
  ],
  [
    "a join of streams that equal keys do not bring together",
    (env) => {
      const keyed = () => env.fromBatch([1]).keyBy(self, { strategy: "round-robin" });
      keyed().join(keyed(), self, { name: "pairs", parallelism: 2 }).run();
    },
    [
      "pairs: Records with equal keys may not meet: it is not spread by hash. Leave out partitioner, and strategy in the keyBy() before it. [INVALID_JOIN]",
    ],
  ],
  [
    "a join and a reduce of streams without keys",
    (env) => {
      const plain = env.fromBatch([1]) as unknown as Loose;
      plain.join(plain, self, { name: "pairs" }).run();
      plain.reduce(self, { name: "sum" }).run();
    },
    [
      "pairs: Its input 0 has no keys. Put keyBy() before both sides of a join. [NOT_KEYED]",
      "pairs: Its input 1 has no keys. Put keyBy() before both sides of a join. [NOT_KEYED]",
      "sum: It reduces a stream without keys. Put keyBy() before it. [NOT_KEYED]",
    ],
  ],
  [
    "dead letters of a step that makes none",
    (env) => {
      const failing = env.fromBatch([1]).map(self, { onError: { retry: 2, onExhausted: "skip" } });
      failing.run();
      failing.deadLetters().run({ name: "graves" });
    },
    [
      'graves: It reads the dead letters of "map-2", which makes none. Give that step onError: "deadLetter". [NO_DEAD_LETTERS]',
    ],
  ],
  [
    "a source function that is none, and one that is asked without pause",
    (env) => {
      env.fromSource(7 as never, { name: "seven" }).run();
      env.fromSource(() => 1, { name: "eager", idleMs: 0 }).run();
    },
    [
      "seven: Its function is the number 7. Pass a function, a class that extends SourceFunction, or an object whose create() returns one. [INVALID_SOURCE]",
      "eager: Its idleMs is the number 0. Use a number of ms above 0. [INVALID_IDLE]",
    ],
  ],
  [
    "options that are none",
    (env) =>
      env.fromBatch([1]).run({
        name: "end",
        timeoutMs: -1,
        ordered: "yes" as never,
        plugins: [{ name: "empty" }],
        partitioner: {} as never,
        onError: { retry: 0 },
        concurency: 3,
      } as never),
    [
      'end: It has an option "concurency". Known are name, parallelism, onError, restart, placement, queueCapacity, concurrency, ordered, timeoutMs, plugins, partitioner. [UNKNOWN_OPTION]',
      "end: Its timeoutMs is the number -1. Use a number of ms above 0. [INVALID_TIMEOUT]",
      "end: Its onError has no whole number of attempts. Use fail, skip, deadLetter, restart, or { retry: attempts or options, restarts: number, onExhausted: one of the first three }. [INVALID_ON_ERROR]",
      'end: Its ordered is the string "yes". Use true or false. [INVALID_ORDERED]',
      "end: Its plugins are an object (Array). Use an array of objects with a name and before, around or after. [INVALID_PLUGINS]",
      "end: Its partitioner is an object (Object). Use a strategy's or registered name, a function, or an object with create(). [INVALID_PARTITIONER]",
    ],
  ],
  [
    "a reduce and a print that are given something else",
    (env) => {
      const keyed = env.fromBatch([1]).keyBy(self);
      keyed
        .reduce((a: number, n) => a + n, { name: "sum", initial: 0 as never, emit: "last" as never })
        .run();
      keyed.reduce((a, n) => a + n, { name: "most", emit: "last" as never }).run();
      keyed.print({ parallelism: 2 } as never, { name: "shown" });
    },
    [
      "sum: Its initial is the number 0. Pass a function that makes the first accumulator. [INVALID_INITIAL]",
      'most: Its emit is the string "last". Use each or end. [INVALID_EMIT]',
      "shown: Its label is an object (Object). Pass a string, and options behind it. [INVALID_LABEL]",
    ],
  ],
  [
    "no step at all",
    () => undefined,
    ["pipeline: The pipeline has no steps. Begin with fromBatch(). [EMPTY]"],
  ],
];

describe("the build", () => {
  it.each(mistakes)("refuses %s, with the place and a remedy", (_, declare, expected) =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      declare(pipeline);

      const error = await rejection(pipeline.submit());

      expect(hasCode(error, "GRAPH_INVALID")).toBe(true);
      expect(problemsOf(error)).toEqual(expected);
    }),
  );

  it("refuses a future that a stream of another environment fills", () =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      const back = pipeline.fromFuture<number>("back");
      pipeline.fromBatch([1]).union(back).run();
      env("other").fromBatch([1]).fill(back);

      const error = await rejection(pipeline.submit());

      expect(problemsOf(error)).toContain(
        "back: It is filled by a stream of another environment. Declare the whole pipeline in one environment. [MIXED_ENVIRONMENTS]",
      );
    }));

  it.each([
    ["a join", (mine: Keyed, other: Keyed) => mine.join(other, self, { name: "both" }).run()],
    [
      "a coMap",
      (mine: Keyed, other: Keyed) =>
        mine.connect(other).coMap({ map0: self, map1: self }, { name: "both" }).run(),
    ],
  ])("refuses %s of streams of two environments", (_, combine) =>
    simulate({}, async ({ env }) => {
      const [pipeline, other] = [env("pipeline"), env("other")];
      combine(pipeline.fromBatch([1]).keyBy(self), other.fromBatch([1]).keyBy(self));

      const error = await rejection(pipeline.submit());

      expect(problemsOf(error)).toContain(
        "both: It combines streams of different environments. Declare the whole pipeline in one environment. [MIXED_ENVIRONMENTS]",
      );
    }),
  );

  it("tells of all problems at once", () =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      const compiling = mistakes.filter(([, , lines]) => !lines.some((line) => /EMPTY|no name/.test(line)));
      compiling.forEach(([, declare]) => void declare(pipeline));

      const error = await rejection(pipeline.submit());

      const reasons = problemsOf(error).map((line) => /\[(\w+)\]$/.exec(line)?.[1]);
      for (const [, , lines] of compiling) {
        for (const line of lines) expect(reasons).toContain(/\[(\w+)\]$/.exec(line)?.[1]);
      }
    }));

  it("refuses a plug-in for the whole environment that is none", () =>
    simulate({}, async ({ env }) => {
      expect(() => env().use({ name: "empty" })).toThrow(/Option "plugin" is an object/);
    }));
});

type Keyed = ReturnType<typeof keyedOf>;
const keyedOf = (env: Environment) => env.fromBatch([1]).keyBy(self);

function problemsOf(error: Error): string[] {
  return error.message
    .split("\n")
    .slice(1)
    .map((line) => line.replace(/^ {2}- /, ""));
}
