import {
  type Clock,
  decodeMessage,
  encodeMessage,
  type QueueDriver,
  type ServiceMessage,
} from "@sage-kernel/core/spi";
import { MappedQueue, wrappedDriver } from "./mapped-queue.ts";

/** A message on its way: JSON text, and when it went in by the clock of the server. */
class Sealed {
  readonly text: string;
  readonly at: number;

  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }
}

const kinds: readonly unknown[] = [
  "request",
  "cancel",
  "response",
  "drop",
] satisfies ServiceMessage["kind"][];

/**
 * A driver whose queues carry messages of services as JSON text, as between two machines: each side has its own, with
 * its own clock. With the clock of a server between them, the time that a message has spent in its queue counts
 * against its deadline. What is no message goes through as it is, with its keys and headers.
 */
export function encodedQueueDriver(inner: QueueDriver, clock: Clock, server?: Clock): QueueDriver {
  const onServer = (): number => server?.monotonic() ?? 0;
  const into = (message: unknown): readonly unknown[] => {
    if (!kinds.includes((message as Partial<ServiceMessage> | null)?.kind)) return [message];
    const json = encodeMessage(message as ServiceMessage, clock.monotonic());
    return [new Sealed(JSON.stringify(json), onServer())];
  };
  const outOf = (payload: unknown): unknown => {
    if (!(payload instanceof Sealed)) return payload;
    try {
      return decodeMessage(JSON.parse(payload.text), clock.monotonic() - (onServer() - payload.at));
    } catch {
      return payload.text; // whoever reads it discards it, and says why
    }
  };
  return wrappedDriver(inner, (queue) => new MappedQueue(queue, { into, outOf }));
}
