import {
  type Collected,
  CoMapFunction,
  type DataStream,
  type Environment,
  type KeyedStream,
  type MapFunction,
  type Packet,
  type Runtime,
  type SourceAnswer,
  SourceFunction,
} from "@sage-kernel/core";
import { describe, expectTypeOf, it } from "vitest";

declare const runtime: Runtime;
declare const env: Environment;
declare const Count: new () => MapFunction<string, { word: string; count: number }>;

// Never called: the compiler is what checks these.
const check = (_assertions: () => void): void => undefined;

describe("types", () => {
  it("flow through a pipeline without an annotation", () =>
    check(() => {
      const numbers = env.fromBatch([1, 2, 3]);
      expectTypeOf(numbers).toEqualTypeOf<DataStream<number>>();
      expectTypeOf(numbers.map((n) => (n > 1 ? `${n}` : undefined))).toEqualTypeOf<DataStream<string>>();
      expectTypeOf(numbers.map(async (n) => ({ n }))).toEqualTypeOf<DataStream<{ n: number }>>();
      expectTypeOf(numbers.flatMap((n) => [n, `${n}`])).toEqualTypeOf<DataStream<string | number>>();
      expectTypeOf(numbers.filter((n) => n > 1)).toEqualTypeOf<DataStream<number>>();
      expectTypeOf(numbers.filter((n): n is 1 => n === 1)).toEqualTypeOf<DataStream<1>>();
      expectTypeOf(numbers.union(env.fromBatch(["a"]))).toEqualTypeOf<DataStream<string | number>>();
      expectTypeOf(numbers.collect()).toEqualTypeOf<Collected<number>>();
    }));

  it("come out of async iterables, generators and functions that make them", () =>
    check(() => {
      expectTypeOf(env.fromBatch(new Map([["a", 1]]))).toEqualTypeOf<DataStream<[string, number]>>();
      expectTypeOf(env.fromBatch(() => new Set([true]))).toEqualTypeOf<DataStream<boolean>>();
      expectTypeOf(
        env.fromBatch(async function* () {
          yield { id: 1 };
        }),
      ).toEqualTypeOf<DataStream<{ id: number }>>();
    }));

  it("keep the key's type until the stream is keyed again", () =>
    check(() => {
      const keyed = env.fromBatch(["a", "b"]).keyBy((word) => word.length);
      expectTypeOf(keyed).toEqualTypeOf<KeyedStream<number, string>>();
      expectTypeOf(keyed.map(Count, { parallelism: 4 })).toEqualTypeOf<
        KeyedStream<number, { word: string; count: number }>
      >();
      expectTypeOf(keyed.reduce((a, b) => a + b)).toEqualTypeOf<KeyedStream<number, string>>();
      expectTypeOf(keyed.reduce((n) => n + 1, { initial: () => 0 })).toEqualTypeOf<
        KeyedStream<number, number>
      >();
      expectTypeOf(keyed.keyBy((word) => word)).toEqualTypeOf<KeyedStream<string, string>>();
    }));

  it("refuse what cannot run", () =>
    check(() => {
      const numbers = env.fromBatch([1]);
      // @ts-expect-error: a stream without keys cannot be reduced
      numbers.reduce((a: number, b: number) => a + b);
      // @ts-expect-error: an object is no key
      numbers.keyBy((n) => ({ n }));
      // @ts-expect-error: undefined is no key
      numbers.keyBy(() => undefined);
      // @ts-expect-error: a filter answers a boolean
      numbers.filter((n) => n);
      // @ts-expect-error: the class takes strings
      numbers.map(Count);
      // @ts-expect-error: there is no such policy
      numbers.map((n) => n, { onError: "ignore" });
      // @ts-expect-error: a number is no source
      env.fromBatch(5);
      // @ts-expect-error: an accumulator of another type needs an initial value
      numbers.keyBy((n) => n).reduce((all: string[], n) => all.concat(`${n}`));
    }));
});

describe("the types of several streams", () => {
  it("are those of each method and of each pair", () =>
    check(() => {
      const numbers = env.fromBatch([1]);
      const words = env.fromBatch(["a"]);
      const both = numbers.connect(words).coMap({
        map0: (n) => (n > 1 ? { n } : undefined),
        map1: async (word) => word,
      });
      expectTypeOf(both).toEqualTypeOf<DataStream<{ n: number } | string, string, number | string>>();

      const byLength = words.keyBy((word) => word.length);
      const joined = numbers.keyBy((n) => n).join(byLength, (n, word) => ({ n, word }));
      expectTypeOf(joined.map((pair) => pair)).toEqualTypeOf<
        KeyedStream<number, { n: number; word: string }, string, { n: number; word: string }>
      >();
      const connected = byLength.connect(numbers.keyBy((n) => n));
      expectTypeOf(connected.join((word, n) => word.repeat(n))).toExtend<KeyedStream<number, string>>();
      expectTypeOf(connected.coMap({ map0: (word) => word, map1: (n) => n })).toExtend<
        KeyedStream<number, string | number>
      >();
    }));

  it("are found for classes too", () =>
    check(() => {
      class Tagged extends CoMapFunction<string> {
        override map0(n: number): string {
          return `${n}`;
        }
        override map1(word: string): string {
          return word;
        }
      }
      class Ticks extends SourceFunction<{ tick: number }> {
        execute(): SourceAnswer<{ tick: number }> {
          return { tick: 1 };
        }
      }
      const both = env.fromBatch([1]).connect(env.fromBatch(["a"]));
      expectTypeOf(both.coMap(Tagged)).toExtend<DataStream<string>>();
      expectTypeOf(env.fromSource(Ticks)).toEqualTypeOf<DataStream<{ tick: number }>>();
      expectTypeOf(env.fromSource(async () => 1)).toExtend<DataStream<number>>();
    }));

  it("stay keyed when keyed streams are united, with literal keys widened", () =>
    check(() => {
      const left = env.fromBatch([1]).keyBy((n) => (n > 1 ? "many" : "one"));
      const right = env.fromBatch([true]).keyBy(() => "none" as const);
      expectTypeOf(left.union(right)).toEqualTypeOf<KeyedStream<string, number | boolean>>();
      expectTypeOf(left.union(env.fromBatch([null]))).toEqualTypeOf<DataStream<number | null>>();
    }));

  it("know the key and the payload of a packet, and what process emits", () =>
    check(() => {
      const emitted = env.fromBatch([1]).process<string>((packet, emit) => {
        expectTypeOf(packet).toEqualTypeOf<Packet<number>>();
        emit(`${packet.payload}`, { headers: { trace: "1" } });
      });
      expectTypeOf(emitted).toEqualTypeOf<DataStream<string, string, number>>();
    }));

  it("of dead letters are those of the records that the step received", () =>
    check(() => {
      const failing = env.fromBatch([1]).map((n) => `${n}`, { onError: "deadLetter" });
      failing.deadLetters().map(({ record, error, attempt }) => {
        expectTypeOf(record).toEqualTypeOf<number>();
        expectTypeOf(error.message).toEqualTypeOf<string>();
        expectTypeOf(attempt).toEqualTypeOf<number>();
        return record;
      });
    }));

  it("let a stream be assigned to its own variable, step by step", () =>
    check(() => {
      let stream = env.fromBatch([1]);
      stream = stream.map((n) => n + 1);
      stream = stream.filter((n) => n > 1).union(stream);
      stream = stream.keyBy((n) => n).shared();
      expectTypeOf(stream).toEqualTypeOf<DataStream<number>>();
    }));

  it("let a chain keep the type of its stream through sinks and prints", () =>
    check(() => {
      const keyed = env.fromBatch([1]).keyBy((n) => n);
      expectTypeOf(keyed.sink(() => undefined).print("n")).toEqualTypeOf(keyed);
    }));

  it("give the README's example without an annotation", () =>
    check(() => {
      const counts = env
        .fromBatch(["the quick brown fox"])
        .flatMap((line) => line.split(" "))
        .filter((word) => word.length > 2)
        .keyBy((word) => word)
        .reduce((count) => count + 1, { initial: () => 0, emit: "end", parallelism: 4 })
        .map((count, ctx) => ({ word: String(ctx.key), count }))
        .collect();
      expectTypeOf(counts).toEqualTypeOf<Collected<{ word: string; count: number }>>();
    }));

  it("refuse what does not fit together", () =>
    check(() => {
      const numbers = env.fromBatch([1]);
      const words = env.fromBatch(["a"]);
      const byNumber = numbers.keyBy((n) => n);
      const byWord = words.keyBy((word) => word);
      // @ts-expect-error: the keys are numbers here and strings there
      byNumber.join(byWord, () => 1);
      // @ts-expect-error: the right side has no keys
      byNumber.join(numbers, () => 1);
      // @ts-expect-error: the left side has no keys
      numbers.join(byNumber, () => 1);
      // @ts-expect-error: streams with keys of different types cannot be joined side by side
      byNumber.connect(byWord).join(() => 1);
      // @ts-expect-error: three streams cannot be joined at once
      byNumber.connect(byNumber, byNumber).join(() => 1);
      // @ts-expect-error: there is no method for the second stream
      numbers.connect(words).coMap({ map0: (n) => n });
      // @ts-expect-error: the second stream has strings
      numbers.connect(words).coMap({ map0: (n) => n, map1: (word: number) => word });
      // @ts-expect-error: a stream without keys cannot be reduced
      numbers.union(byNumber).reduce((a: number) => a);
      const future = env.fromFuture<number>("back");
      // @ts-expect-error: the future is of numbers
      words.fill(future);
      // @ts-expect-error: a stream that is no future cannot be filled
      numbers.fill(numbers);
      // @ts-expect-error: the emitted records are strings
      numbers.process<string>((packet, emit) => emit(packet.payload));
      // @ts-expect-error: an ended stream has no further steps
      numbers.collect().map((n: number) => n);
    }));

  it("keep environments of different names apart", () =>
    check(() => {
      const a = runtime.environment("a");
      const b = runtime.environment("b");
      const [left, right] = [a.fromBatch([1]).keyBy((n) => n), b.fromBatch([1]).keyBy((n) => n)];
      // @ts-expect-error: the streams are of different environments
      left.join(right, () => 1);
      // @ts-expect-error: the streams are of different environments
      left.union(right);
      // @ts-expect-error: the streams are of different environments
      left.connect(right);
      // @ts-expect-error: the future is of another environment
      left.fill(b.fromFuture<number>("back"));
      expectTypeOf(left.union(a.fromBatch([2]).keyBy((n) => n))).toEqualTypeOf<
        KeyedStream<number, number, "a">
      >();
    }));
});
