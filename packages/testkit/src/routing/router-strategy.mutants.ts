import { type Connection, groupOwner, keyGroup } from "@sage-kernel/core";
import type { RecordBuffer } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { dealing, groupMutant, routerMutant } from "./router-mutant.ts";
import type { RouterSubject } from "./router-subject.ts";

/** Where the key of a record leads by its text alone. */
function byText(records: RecordBuffer, index: number, width: number): number {
  return groupOwner(keyGroup(String(records.keys?.[index])), width);
}

/** Mutants of the built-in strategies. */
export const routerStrategyMutants: readonly Mutant<RouterSubject>[] = [
  groupMutant("RM-01", "round-robin begins anew in each unit", ["R-01"], "round-robin", (right, copyAgain) =>
    dealing(right, copyAgain, (i) => [i % right.connections.length]),
  ),
  routerMutant("RM-02", "round-robin counts for all senders together", ["R-01"], () => {
    let next = 0;
    return {
      group: (right, { strategy, width }, copyAgain) =>
        strategy === "round-robin"
          ? { ...right, ...dealing(right, copyAgain, () => [next++ % width]), connections: right.connections }
          : right,
    };
  }),
  groupMutant(
    "RM-03",
    "round-robin begins with the last instance",
    ["R-01"],
    "round-robin",
    (right, copyAgain) => {
      let next = right.connections.length - 1;
      return dealing(right, copyAgain, () => [next++ % right.connections.length]);
    },
  ),
  groupMutant("RM-04", 'hash takes 1 and "1" for one key', ["R-02"], "hash", (right, copyAgain) =>
    dealing(right, copyAgain, (i, records) => [byText(records, i, right.connections.length)]),
  ),
  groupMutant(
    "RM-05",
    "hash divides the group by the width instead of spreading ranges",
    ["R-02"],
    "hash",
    (right, copyAgain) =>
      dealing(right, copyAgain, (i, { keys }) => [keyGroup(keys?.[i] ?? null) % right.connections.length]),
  ),
  groupMutant("RM-06", "hash differs from sender to sender", ["R-20"], "hash", (right, copyAgain, sender) =>
    dealing(right, copyAgain, (i, { keys }) => {
      const width = right.connections.length;
      return [(groupOwner(keyGroup(keys?.[i] ?? null), width) + sender) % width];
    }),
  ),
  groupMutant("RM-07", "hash prefers some instances", ["R-20"], "hash", (right, copyAgain) =>
    dealing(right, copyAgain, (i, { keys }) => {
      const owner = groupOwner(keyGroup(keys?.[i] ?? null), right.connections.length);
      return [owner === 7 ? 6 : owner];
    }),
  ),
  groupMutant("RM-08", "hash deals in turn what has no key", ["R-03"], "hash", (right, copyAgain) => {
    const dealt = dealing(right, copyAgain, (i) => [i % right.connections.length]);
    return {
      route: (records, outputs, copy, choice) =>
        (records.keys === undefined ? dealt : right).route(records, outputs, copy, choice),
    };
  }),
  groupMutant("RM-09", "broadcast gives all instances the same object", ["R-04"], "broadcast", (right) =>
    dealing(
      right,
      (payload) => payload,
      () => [...right.connections.keys()],
    ),
  ),
  groupMutant(
    "RM-10",
    "broadcast forgets the last instance",
    ["R-04", "R-05"],
    "broadcast",
    (right, copyAgain) =>
      dealing(right, copyAgain, () =>
        [...right.connections.keys()].slice(0, Math.max(1, right.connections.length - 1)),
      ),
  ),
  groupMutant(
    "RM-11",
    "broadcast sends to the first instance twice",
    ["R-04", "R-05"],
    "broadcast",
    (right, copyAgain) => dealing(right, copyAgain, () => [0, ...right.connections.keys()]),
  ),
  groupMutant("RM-12", "least-loaded does not look", ["R-21"], "least-loaded", (right, copyAgain) =>
    dealing(right, copyAgain, (i) => [i % right.connections.length]),
  ),
  groupMutant(
    "RM-13",
    "least-loaded does not count what it sends itself",
    ["R-21"],
    "least-loaded",
    (right, copyAgain) => {
      const load = (connection: Connection): number => connection.bufferLoad();
      return dealing(right, copyAgain, () => {
        const loads = right.connections.map(load);
        return [loads.indexOf(Math.min(...loads))];
      });
    },
  ),
];
