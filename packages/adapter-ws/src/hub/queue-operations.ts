import type { BatchCodec, CallCodec } from "@sage-kernel/codec";
import { SageError } from "@sage-kernel/core";
import { type Clock, QueueDescriptor } from "@sage-kernel/core/spi";
import * as z from "zod";
import { WireFault } from "../wire/wire-fault.ts";
import { HubLink } from "./hub-link.ts";
import type { HubQueues } from "./hub-queues.ts";
import type { HubSession } from "./hub-session.ts";
import { type Operation, operation } from "./operation.ts";

/** What operations on queues work with. */
export interface QueueOperationsScope {
  readonly queues: HubQueues;
  readonly records: BatchCodec;
  readonly calls: CallCodec;
  readonly clock: Pick<Clock, "setTimer">;
  readonly maxFrameBytes: number;
  readonly maxBacklogBytes: number;
  readonly maxLinks: number;
  /** Whether a process whose store has this pass may close a queue. */
  readonly mayClose: (descriptor: QueueDescriptor, pass: string | undefined) => boolean;
}

const link = z.int().min(1);
const onLink = z.strictObject({ link });
const closing = z.strictObject({ link, pass: z.string().max(300).optional() });
const count = z.int().min(0);
const wanting = z.strictObject({ link, records: count, bytes: count });
const opening = z.strictObject({ link, descriptor: z.unknown() });

/** What clients may ask for about queues: they take part in the work, so they are workers. */
export function queueOperations(
  scope: QueueOperationsScope,
): ReadonlyMap<string, Operation<object, HubSession>> {
  const { queues, records, calls, maxFrameBytes, maxBacklogBytes, maxLinks, mayClose, clock } = scope;
  const role = "worker";
  return new Map([
    [
      "open",
      operation(
        opening,
        (session: HubSession, args) => {
          if (session.links.has(args.link)) throw new WireFault("protocol", "a link comes twice");
          const descriptor = QueueDescriptor.fromJSON(args.descriptor);
          if (session.links.size >= maxLinks)
            throw new SageError("QUEUE_UNAVAILABLE", {
              queue: descriptor.id,
              problem: `its session has ${maxLinks} links, the maxLinks of the hub`,
            });
          const codec = descriptor.options.mode === "call" ? calls : records;
          const queue = queues.openLink(descriptor);
          const { endpoint } = session;
          const bounds = { maxFrameBytes, maxBacklogBytes };
          session.links.set(
            args.link,
            new HubLink({ link: args.link, queue, endpoint, codec, clock, ...bounds }),
          );
          return undefined;
        },
        role,
      ),
    ],
    ["size", operation(onLink, (session: HubSession, args) => session.link(args.link).queue.size(), role)],
    [
      "wantNow",
      operation(
        wanting,
        async (session: HubSession, args) => {
          await session.link(args.link).wantNow(args.records, args.bytes);
          return undefined;
        },
        role,
      ),
    ],
    [
      "close",
      operation(
        closing,
        (session: HubSession, args) => {
          const { queue } = session.link(args.link);
          if (mayClose(queue.descriptor, args.pass)) queue.end();
          return undefined;
        },
        role,
      ),
    ],
    [
      "stopReading",
      operation(
        onLink,
        (session: HubSession, args) => {
          session.link(args.link).stopReading();
          return undefined;
        },
        role,
      ),
    ],
    [
      "leave",
      operation(
        onLink,
        (session: HubSession, args) => {
          session.links.get(args.link)?.leave();
          session.links.delete(args.link);
          return undefined;
        },
        role,
      ),
    ],
  ]);
}
