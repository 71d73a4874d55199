import { SageError } from "@sage-kernel/core";
import { encodeError } from "@sage-kernel/core/spi";
import type { FaultSchedule } from "./fault.ts";

/** What stands in a message of a service that an envelope can tell. */
interface Message {
  readonly kind?: unknown;
  readonly id?: unknown;
}

const unavailable = encodeError(
  new SageError("SERVICE_UNAVAILABLE", {
    service: "simulated",
    method: "process",
    reason: "the simulation lets it fail",
    maybeExecuted: true,
  }),
);

/** Messages of services on their way through a queue, with what the plan does to them. */
export function faultyMessages(messages: readonly unknown[], faults: FaultSchedule): readonly unknown[] {
  let changed: unknown[] | undefined;
  messages.forEach((message, i) => {
    const due = faults.at("message");
    if (due.length === 0) {
      changed?.push(message);
      return;
    }
    changed ??= messages.slice(0, i);
    let copies: unknown[] = [message];
    for (const fault of due) {
      const before = copies;
      if (fault.kind === "loseMessage") copies = [];
      else if (fault.kind === "repeatMessage") copies = [...copies, ...copies];
      else if (isReply(message)) copies = copies.map(failed);
      if (copies !== before) faults.strike(fault);
    }
    changed.push(...copies);
  });
  return changed ?? messages;
}

function isReply(message: unknown): boolean {
  return (message as Message).kind === "response";
}

/** A reply that says that the service is not there. */
function failed(message: unknown): unknown {
  const { kind, id } = message as Message;
  return { kind, id, executionMs: 0, ok: false, error: unavailable };
}
