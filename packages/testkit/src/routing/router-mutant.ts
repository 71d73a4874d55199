import type { CopyRecord, Output, OutputGroup, RecordBuffer, Router } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import {
  builtInSpreads,
  byLength,
  coreRouterBinding,
  type RouterParts,
  type RouterSubject,
  routerSubject,
  type TestedRouter,
} from "./router-subject.ts";

/** Core's router with some parts replaced, as a mutant of the router contract; `wrong` is asked for each case. */
export function routerMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: () => Partial<RouterParts>,
): Mutant<RouterSubject> {
  const parts = { strategies: builtInSpreads, partitioner: byLength };
  return {
    ...coreRouterBinding,
    id,
    title,
    breaks,
    open: (names) => routerSubject({ ...parts, ...wrong() }, names),
  };
}

/** A group of which a mutant replaces some members. */
export function changedGroup(right: OutputGroup, wrong: Partial<OutputGroup>): OutputGroup {
  const { select } = right;
  return {
    strategy: right.strategy,
    connections: right.connections,
    ...(right.copies === undefined ? {} : { copies: right.copies }),
    ...(right.shared === undefined ? {} : { shared: right.shared }),
    ...(select === undefined ? {} : { select: (records, index) => select.call(right, records, index) }),
    route: (records, outputs, copy, choice) => right.route(records, outputs, copy, choice),
    ...wrong,
  };
}

/** A router of which a mutant replaces some members. */
export function changedRouter(right: Router, wrong: Partial<TestedRouter>): TestedRouter {
  return {
    groups: right.groups,
    deadLetterGroups: right.deadLetterGroups,
    selective: right.selective,
    width: (records, index) => right.width(records, index),
    select: (records, from) => right.select(records, from),
    route: (records, outputs) => right.route(records, outputs),
    routeDeadLetters: (letters, outputs) => right.routeDeadLetters(letters, outputs),
    stop: (signal, outputs) => right.stop(signal, outputs),
    connections: () => right.connections(),
    sent: () => right.sent(),
    ...wrong,
  };
}

/** A mutant with wrong groups for one strategy, or for all. */
export function groupMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  strategy: string | undefined,
  wrong: (right: OutputGroup, copyAgain: CopyRecord, sender: number) => Partial<OutputGroup>,
): Mutant<RouterSubject> {
  return routerMutant(id, title, breaks, () => ({
    group: (right, edge, copyAgain, sender) =>
      strategy === undefined || edge.strategy === strategy
        ? changedGroup(right, wrong(right, copyAgain, sender))
        : right,
  }));
}

/** Sends record by record to the instances that `pick` names, in the group's own way of copying. */
export function dealing(
  right: OutputGroup,
  copyAgain: CopyRecord,
  pick: (index: number, records: RecordBuffer) => readonly number[],
): Pick<OutputGroup, "route"> {
  return {
    route(records: RecordBuffer, outputs: Output[], copy: CopyRecord | undefined) {
      for (let i = 0; i < records.length; i++) {
        for (const [nth, target] of pick(i, records).entries()) {
          const each = nth === 0 ? copy : copyAgain;
          const payload = records.payloads[i];
          const key = records.keys?.[i];
          const connection = right.connections[target];
          if (connection === undefined) continue;
          outputs.push(
            connection.send(
              [each === undefined ? payload : each(payload)],
              key === undefined ? undefined : [key],
              records.headers === undefined ? undefined : [records.headers[i]],
            ),
          );
        }
      }
    },
  };
}
