import type { BenchCase } from "../../harness/bench-case.ts";
import type { Load, Runner } from "../../harness/drive.ts";
import { rateCase } from "../../harness/rate-case.ts";
import { sourceRecords } from "../pipeline/source-records.ts";
import { Tally } from "../pipeline/tally.ts";
import { type Reading, readings } from "../pipeline/workload.ts";
import { type Counted, KeyCounter } from "./key-counter.ts";

/** How many instances count. */
export const INSTANCES = 4;
const KEYS = 500;

/** The user functions of the keyed pipeline: map, keyBy, count per key on four instances, sink. */
export interface KeyedSteps {
  /** Makes a new record of the record. */
  readonly first: (record: Reading) => Reading;
  /** One of 500 numbers. */
  readonly key: (record: Reading) => number;
  /** Makes the counter of one instance; to be called once for each of the four. */
  readonly openCounter: () => KeyCounter;
  /** Counts the record and adds up what it carries. */
  readonly sink: (record: Counted) => void;
}

/** One contender's way to move records through the keyed steps. */
export type KeyedRunner = Runner<Reading, KeyedSteps>;

/** Makes the case of a contender: source records per second. */
export function keyedCase(open: () => KeyedRunner | Promise<KeyedRunner>): BenchCase {
  return rateCase(open, prepareKeyed);
}

function prepareKeyed(size: number): Load<Reading, KeyedSteps> {
  const records = sourceRecords(readings, size);
  const expected = expectedTally(records);
  return {
    records,
    begin() {
      const tally = new Tally();
      const counters: KeyCounter[] = [];
      const openCounter = () => {
        const counter = new KeyCounter();
        counters.push(counter);
        return counter;
      };
      const sink = (record: Counted) => tally.add(amount(record));
      return {
        steps: { first: readings.first, key, openCounter, sink },
        verify() {
          tally.mustEqual(expected);
          mustShareKeys(counters);
        },
      };
    },
  };
}

const key = (record: Reading): number => record.id % KEYS;

const amount = ({ value, seen }: Counted): number => value + seen;

function expectedTally(records: readonly Reading[]): Tally {
  const tally = new Tally();
  const counter = new KeyCounter();
  for (const record of records) {
    const changed = readings.first(record);
    tally.add(amount(counter.count(changed, key(changed))));
  }
  return tally;
}

/** Throws unless every instance had keys, and every key one instance. */
function mustShareKeys(counters: readonly KeyCounter[]): void {
  const keys = counters.map((counter) => counter.keys);
  const all = keys.reduce((sum, count) => sum + count, 0);
  if (keys.length === INSTANCES && all === KEYS && !keys.includes(0)) return;
  throw new Error(`wrong result: the instances saw ${keys.join(", ")} keys`);
}
