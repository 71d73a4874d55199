import { Connection, type CopyRecord, clonePayload, type Output } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { changedGroup, changedRouter, groupMutant, routerMutant } from "./router-mutant.ts";
import type { RouterSubject } from "./router-subject.ts";

const deepCopy: CopyRecord = (payload) => clonePayload(payload, () => undefined);
const shallowCopy: CopyRecord = (payload) => (typeof payload === "object" ? { ...payload } : payload);

/** Mutants of copies, of dead letters and of the end. */
export const routerEndMutants: readonly Mutant<RouterSubject>[] = [
  groupMutant("RM-60", "gives every step the same object", ["R-28"], undefined, (right) => ({
    route: (records, outputs, _copy, choice) => right.route(records, outputs, undefined, choice),
  })),
  groupMutant("RM-61", "gives the first step a copy too", ["R-28"], undefined, (right) => ({
    route: (records, outputs, _copy, choice) => right.route(records, outputs, deepCopy, choice),
  })),
  routerMutant("RM-62", "copies the outermost object only", ["R-28"], () => ({
    group: (right) => right,
    copy: shallowCopy,
  })),
  routerMutant("RM-63", "copies what is shared", ["R-29"], () => ({
    plan: ({ edges, ...plan }) => ({ ...plan, edges: edges.map((edge) => ({ ...edge, shared: false })) }),
  })),
  routerMutant("RM-64", "shares with the other steps but copies among the instances", ["R-29"], () => ({
    group: (right, { shared }, _copyAgain) =>
      shared === true && right.strategy === "broadcast"
        ? changedGroup(right, {
            route(records, outputs, _copy, choice) {
              const from = outputs.length;
              right.route(records, outputs, undefined, choice);
              for (const [nth, output] of outputs.slice(from).entries()) {
                const { channel, firstSeq, payloads } = output.batch;
                if (nth > 0)
                  Object.assign(output.batch, { channel, firstSeq, payloads: payloads.map(deepCopy) });
              }
            },
          })
        : right,
  })),
  routerMutant("RM-65", "sends dead letters to every step", ["R-30"], () => ({
    router: (right) =>
      changedRouter(right, {
        routeDeadLetters(letters, outputs) {
          right.routeDeadLetters(letters, outputs);
          if (letters.length === 0) return;
          for (const { connections } of right.groups)
            for (const connection of connections)
              outputs.push(connection.send(letters, undefined, undefined));
        },
      }),
  })),
  routerMutant("RM-66", "loses dead letters", ["R-30"], () => ({
    router: (right) => changedRouter(right, { routeDeadLetters: () => undefined }),
  })),
  routerMutant("RM-67", "sends records to the steps for dead letters too", ["R-30"], () => ({
    plan: ({ edges, ...plan }) => ({
      ...plan,
      edges: edges.map((edge) => ({ ...edge, deadLetters: false })),
    }),
  })),
  routerMutant("RM-68", "stops the first channel of each step only", ["R-09"], () => ({
    router: (right) =>
      changedRouter(right, {
        stop(signal, outputs) {
          for (const { connections } of [...right.groups, ...right.deadLetterGroups]) {
            const [first] = connections;
            if (first?.stopped === false) outputs.push(first.stop(signal));
          }
        },
      }),
  })),
  routerMutant("RM-69", "sends the stop signal again", ["R-09"], () => ({
    router: (right) => {
      let sent: Output[] | undefined;
      return changedRouter(right, {
        stop(signal, outputs) {
          const mine: Output[] = [];
          right.stop(signal, mine);
          outputs.push(...(sent ?? mine));
          sent = mine;
        },
      });
    },
  })),
  routerMutant("RM-70", "lets the stop signal overtake", ["R-09"], () => ({
    router: (right) =>
      changedRouter(right, {
        stop(signal, outputs) {
          const stops: Output[] = [];
          right.stop(signal, stops);
          outputs.unshift(...stops);
        },
      }),
  })),
  routerMutant("RM-71", "does not stop the channels of dead letters", ["R-09"], () => ({
    router: (right) =>
      changedRouter(right, {
        stop(signal, outputs) {
          for (const connection of right.groups.flatMap((group) => group.connections))
            if (!connection.stopped) outputs.push(connection.stop(signal));
        },
      }),
  })),
  routerMutant("RM-72", "signs the stop signal with another name", ["R-09"], () => ({
    router: (right) =>
      changedRouter(right, {
        stop: ({ time }, outputs) => right.stop({ source: "somebody", time }, outputs),
      }),
  })),
  routerMutant("RM-73", "drops what comes behind the stop signal without a word", ["R-10"], () => ({
    connection: (target) =>
      new (class extends Connection {
        override send(...batch: Parameters<Connection["send"]>): Output {
          if (!this.stopped) return super.send(...batch);
          const nowhere = { offer: () => true } as unknown as Output["queue"];
          const late = new Connection(target).send(...batch);
          return { ...late, queue: nowhere };
        }
      })(target),
  })),
  routerMutant("RM-74", "sends on behind the stop signal", ["R-10"], () => ({
    connection: (target) =>
      new (class extends Connection {
        override send(...batch: Parameters<Connection["send"]>): Output {
          return this.stopped ? new Connection(target).send(...batch) : super.send(...batch);
        }
      })(target),
  })),
];
