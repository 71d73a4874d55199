import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import type { ServiceMessage } from "./wire-message.ts";

/** Messages in few bytes: the queues of replies that they name, then each message as a list that says a queue by its place. */
export type PackedMessages = readonly [
  queues: readonly QueueDescriptorJson[],
  messages: readonly (readonly unknown[])[],
];

/** First item of a packed message: what it is. */
const codes = { request: 0, cancel: 1, result: 2, error: 3, drop: 4 } as const;

/** Whether a payload is to be a message, by its kind alone. */
export function isMessage(payload: unknown): payload is ServiceMessage {
  if (typeof payload !== "object" || payload === null) return false;
  const { kind } = payload as { readonly kind?: unknown };
  return kind === "request" || kind === "response" || kind === "cancel" || kind === "drop";
}

/**
 * Packs messages for a driver whose queues leave the process. Arguments and results stay as they are; a deadline becomes what
 * is left of it at `now`, in ms of this machine's monotonic clock.
 */
export function packMessages(messages: readonly ServiceMessage[], now: number): PackedMessages {
  const queues: QueueDescriptorJson[] = [];
  const place = (queue: QueueDescriptorJson): number => {
    const found = queues.indexOf(queue);
    return found < 0 ? queues.push(queue) - 1 : found;
  };
  return [queues, messages.map((message) => packed(message, now, place))];
}

/**
 * Reads what {@link packMessages} wrote, with deadlines counted anew from `now`. What their fields hold is looked at by whoever
 * takes the messages; something that is no message at all comes out as it is.
 *
 * @throws TypeError for what is no packed messages.
 */
export function unpackMessages(fields: unknown, now: number): readonly unknown[] {
  const [queues, messages] = (Array.isArray(fields) ? fields : []) as readonly unknown[];
  if (!Array.isArray(queues) || !Array.isArray(messages)) throw new TypeError("it is no messages");
  return messages.map((message) => (Array.isArray(message) ? unpacked(message, queues, now) : message));
}

function packed(
  message: ServiceMessage,
  now: number,
  place: (queue: QueueDescriptorJson) => number,
): readonly unknown[] {
  switch (message.kind) {
    case "request": {
      const { id, service, method, args, replyTo, deadline, chain, idempotencyKey, headers } = message;
      const list = [codes.request, id, service, method, args, place(replyTo), deadline - now, chain];
      return idempotencyKey === undefined && headers === undefined
        ? list
        : [...list, idempotencyKey ?? null, headers ?? null];
    }
    case "cancel":
      return [codes.cancel, message.id, place(message.replyTo), message.deadline - now];
    case "response": {
      const { id, executionMs } = message;
      if (!message.ok) return [codes.error, id, executionMs, message.error];
      return message.value === undefined
        ? [codes.result, id, executionMs]
        : [codes.result, id, executionMs, message.value];
    }
    case "drop":
      return [codes.drop, message.id, message.share, message.place, message.node, message.why];
  }
}

function unpacked(list: readonly unknown[], queues: readonly QueueDescriptorJson[], now: number): unknown {
  const [code, id, a, b, c, d, e, f, g, h] = list;
  switch (code) {
    case codes.request:
      return {
        kind: "request",
        id,
        service: a,
        method: b,
        args: c,
        replyTo: queues[d as number],
        deadline: now + (e as number),
        chain: f,
        idempotencyKey: g ?? undefined,
        headers: h ?? undefined,
      };
    case codes.cancel:
      return { kind: "cancel", id, replyTo: queues[a as number], deadline: now + (b as number) };
    case codes.result:
      return { kind: "response", id, executionMs: a, ok: true, value: b };
    case codes.error:
      return { kind: "response", id, executionMs: a, ok: false, error: b };
    case codes.drop:
      return { kind: "drop", id, share: a, place: b, node: c, why: d };
    default:
      return list;
  }
}
