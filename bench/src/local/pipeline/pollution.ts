import { drive } from "../../harness/drive.ts";
import { prepareLoad } from "./prepare-load.ts";
import type { Pipeline } from "./steps.ts";
import type { Workload } from "./workload.ts";

const POLLUTING_RECORDS = 300_000;

/**
 * Runs five other sets of functions and record shapes through the pipeline, as a process does that hosts more than
 * one job: the engine's call sites have then seen six sets, and can no longer be specialised for one.
 */
export async function pollute(pipeline: Pipeline): Promise<void> {
  await drive(pipeline, prepareLoad(words, POLLUTING_RECORDS));
  await drive(pipeline, prepareLoad(points, POLLUTING_RECORDS));
  await drive(pipeline, prepareLoad(pairs, POLLUTING_RECORDS));
  await drive(pipeline, prepareLoad(orders, POLLUTING_RECORDS));
  await drive(pipeline, prepareLoad(numbers, POLLUTING_RECORDS));
}

const words: Workload<{ word: string; length: number; seen: boolean }> = {
  make: (index) => ({ word: `word-${index % 1000}`, length: index % 7, seen: false }),
  first: ({ word, length }) => ({ word, length: length + 1, seen: true }),
  keep: ({ length }) => length > 3,
  second: ({ word, length }) => ({ word, length, seen: false }),
  amount: ({ length }) => length,
};

class Point {
  readonly x: number;
  readonly y: number;
  readonly z: number;

  constructor(x: number, y: number, z: number) {
    this.x = x;
    this.y = y;
    this.z = z;
  }
}

const points: Workload<Point> = {
  make: (index) => new Point(index / 4, index / 2, 0.5),
  first: ({ x, y, z }) => new Point(y, x, z),
  keep: ({ x }) => Math.floor(x) % 2 === 0,
  second: ({ x, y, z }) => new Point(x * z, y, z),
  amount: ({ x }) => Math.floor(x),
};

const pairs: Workload<readonly [string, number]> = {
  make: (index) => [`key-${index % 64}`, index],
  first: ([key, count]) => [key, count + 3],
  keep: ([, count]) => (count & 2) === 0,
  second: ([key, count]) => [key, count - 1],
  amount: ([, count]) => count,
};

const orders: Workload<{ order: { id: number }; lines: readonly number[]; note: string | null }> = {
  make: (index) => ({ order: { id: index }, lines: [index, 1], note: null }),
  first: ({ order, lines }) => ({ order, lines: [...lines, 2], note: "packed" }),
  keep: ({ order }) => order.id % 2 === 1,
  second: ({ order, lines, note }) => ({ order: { id: order.id + 1 }, lines, note }),
  amount: ({ lines }) => lines.length,
};

const numbers: Workload<number> = {
  make: (index) => index,
  first: (number) => number + 1,
  keep: (number) => number % 2 === 0,
  second: (number) => number * 3,
  amount: (number) => number,
};
