import { Connection, type Output, RecordBuffer } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { changedRouter, dealing, groupMutant, routerMutant } from "./router-mutant.ts";
import type { RouterParts, RouterSubject } from "./router-subject.ts";

/** A mutant whose sending ends are of another class. */
const connectionMutant = (
  id: string,
  title: string,
  breaks: readonly string[],
  connection: NonNullable<RouterParts["connection"]>,
): Mutant<RouterSubject> => routerMutant(id, title, breaks, () => ({ connection }));

/** A copy of a buffer with the records from `from` up to `to`, routes aside. */
function part(records: RecordBuffer, from: number, to: number): RecordBuffer {
  const some = new RecordBuffer();
  for (let i = from; i < to; i++) some.append(records.payloads[i], records.keys?.[i], records.headers?.[i]);
  if (records.routes !== undefined) some.routes = records.routes.slice(from, to);
  return some;
}

/** Mutants of what holds for every strategy. */
export const routerGroupMutants: readonly Mutant<RouterSubject>[] = [
  groupMutant("RM-40", "loses the last record of a unit", ["R-05"], undefined, (right) => ({
    route: (records, outputs, copy, choice) =>
      right.route(part(records, 0, Math.max(1, records.length - 1)), outputs, copy, choice),
  })),
  routerMutant("RM-41", "sends each record to one step only, in turn", ["R-05"], () => ({
    router(right) {
      let next = 0;
      return changedRouter(right, {
        route(records, outputs) {
          for (let i = 0; i < records.length; i++) {
            const one = part(records, i, i + 1);
            const group = right.groups[next++ % right.groups.length];
            group?.route(one, outputs, undefined, 0);
          }
        },
      });
    },
  })),
  routerMutant("RM-57", "says of each step that a record goes to one instance", ["R-33"], () => ({
    router: (right) => changedRouter(right, { width: () => right.groups.length }),
  })),
  groupMutant("RM-42", "turns the order of a unit round", ["R-06"], undefined, (right) => ({
    route(records, outputs, copy, choice) {
      const turned = new RecordBuffer();
      for (let i = records.length - 1; i >= 0; i--)
        turned.append(records.payloads[i], records.keys?.[i], records.headers?.[i]);
      if (records.routes !== undefined) turned.routes = [...records.routes].reverse();
      right.route(turned, outputs, copy, choice);
    },
  })),
  groupMutant("RM-43", "puts the later half of a unit first", ["R-06"], undefined, (right) => ({
    route(records, outputs, copy, choice) {
      const half = Math.ceil(records.length / 2);
      const [early, late]: [Output[], Output[]] = [[], []];
      right.route(part(records, 0, half), early, copy, choice);
      if (half < records.length) right.route(part(records, half, records.length), late, copy, choice);
      outputs.push(...late, ...early);
    },
  })),
  groupMutant("RM-44", "goes round an inbox that is full", ["R-07"], "round-robin", (right, copyAgain) => {
    let next = 0;
    return dealing(right, copyAgain, () => {
      const width = right.connections.length;
      const turn = next++ % width;
      const full = (right.connections[turn]?.bufferLoad() ?? 0) >= 1;
      return [full ? (turn + 1) % width : turn];
    });
  }),
  connectionMutant(
    "RM-45",
    "feeds the first input only",
    ["R-11"],
    (target) => new Connection({ ...target, inputIndex: 0 }),
  ),
  connectionMutant(
    "RM-46",
    "numbers the channels of each step anew",
    ["R-11"],
    ({ index, ...target }) => new Connection({ ...target, index, channel: index }),
  ),
  connectionMutant(
    "RM-47",
    "never drops keys",
    ["R-26"],
    (target) => new Connection({ ...target, keyed: true }),
  ),
  connectionMutant(
    "RM-48",
    "always drops keys",
    ["R-26", "R-04"],
    (target) => new Connection({ ...target, keyed: false }),
  ),
  connectionMutant(
    "RM-49",
    "drops headers",
    ["R-26"],
    (target) =>
      new (class extends Connection {
        override send(payloads: readonly unknown[], keys: Parameters<Connection["send"]>[1]): Output {
          return super.send(payloads, keys, undefined);
        }
      })(target),
  ),
  connectionMutant(
    "RM-50",
    "counts what was taken back",
    ["R-27"],
    (target) =>
      new (class extends Connection {
        override takeBack(): void {}
      })(target),
  ),
  connectionMutant(
    "RM-51",
    "counts the stop signal as a record",
    ["R-14"],
    (target) =>
      new (class extends Connection {
        override get sent(): number {
          return super.sent + (this.stopped ? 1 : 0);
        }
      })(target),
  ),
  routerMutant("RM-52", "does not count the dead letters' channels", ["R-14"], () => ({
    router: (right) => {
      const connections = (): readonly Connection[] => right.groups.flatMap((group) => group.connections);
      return changedRouter(right, {
        connections,
        sent: () => new Map(connections().map(({ target, sent }) => [target.channel, sent])),
      });
    },
  })),
  routerMutant("RM-53", "counts units instead of records", ["R-14"], () => ({
    router(right) {
      let units = 0;
      return changedRouter(right, {
        route(records, outputs) {
          units++;
          right.route(records, outputs);
        },
        sent: () => new Map([...right.sent().keys()].map((channel) => [channel, units])),
      });
    },
  })),
  connectionMutant(
    "RM-54",
    "thinks that every inbox is empty",
    ["R-14", "R-21"],
    (target) =>
      new (class extends Connection {
        override bufferLoad(): number {
          return 0;
        }
      })(target),
  ),
  routerMutant("RM-55", "sends an empty batch for an empty unit", ["R-31"], () => ({
    router: (right) =>
      changedRouter(right, {
        route(records, outputs) {
          right.route(records, outputs);
          if (records.length > 0) return;
          for (const connection of right.connections())
            outputs.push(connection.send([], undefined, undefined));
        },
      }),
  })),
  connectionMutant("RM-56", "sends to nobody", ["R-05"], (target) => new Astray(target)),
];

/** Says that it sent, and sends to nobody. */
class Astray extends Connection {
  override send(...batch: Parameters<Connection["send"]>): Output {
    const nowhere = { descriptor: this.target.queue.descriptor, offer: () => true };
    return { ...super.send(...batch), queue: nowhere as unknown as Output["queue"] };
  }
}
