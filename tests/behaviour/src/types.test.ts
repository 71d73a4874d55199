import type { Collected, DataStream, Environment, KeyedStream, MapFunction } from "@sage-kernel/core";
import { describe, expectTypeOf, it } from "vitest";

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
