import type { JsonObject, JsonValue } from "../errors/json.ts";
import { hasCode, SageError } from "../errors/sage-error.ts";
import type { WireError } from "../errors/wire-error.ts";
import { decodePayload, encodePayload } from "../packet/json-payload.ts";
import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import {
  cancelProblemOf,
  dropProblemOf,
  requestProblemOf,
  responseProblemOf,
  type ShapeProblem,
} from "./message-shapes.ts";
import type { ServiceCancel, ServiceDrop, ServiceRequest, ServiceResponse } from "./service-message.ts";

/** Any message between services and their callers. */
export type ServiceMessage = ServiceRequest | ServiceCancel | ServiceResponse | ServiceDrop;

/**
 * Writes a message as JSON, for a driver whose queues leave the process. Arguments and results are encoded like
 * payloads; a deadline becomes `remainingMs`, what is left of it at `now`, in ms of this machine's monotonic clock.
 *
 * @throws SageError `NOT_SERIALIZABLE` with the path of the first part of an argument or result that is no data.
 */
export function encodeMessage(message: ServiceMessage, now: number): JsonObject {
  switch (message.kind) {
    case "request": {
      const { deadline, args, ...rest } = message;
      const encoded = args.map((arg, i) => encodePayload(arg, `args[${i}]`));
      return { ...plain(rest), args: encoded, remainingMs: deadline - now };
    }
    case "cancel": {
      const { deadline, ...rest } = message;
      return { ...plain(rest), remainingMs: deadline - now };
    }
    case "response":
      return message.ok
        ? { ...plain(message), value: encodePayload(message.value, "value") }
        : plain(message);
    case "drop":
      return plain(message);
  }
}

/**
 * Reads a message that {@link encodeMessage} wrote; its deadline is counted anew from `now`, in ms of this machine's
 * monotonic clock, so that the clocks of two machines never meet. Where a driver knows how long the message has waited in
 * its queue, it passes `now` less that time. Unknown fields are dropped.
 *
 * @throws SageError `SERVICE_MESSAGE_INVALID` with the path of the first part that is wrong.
 */
export function decodeMessage(json: unknown, now: number): ServiceMessage {
  const fields = (typeof json === "object" && json !== null ? json : {}) as Readonly<Record<string, unknown>>;
  switch (fields.kind) {
    case "request":
      return checked(requestOf(fields, now), requestProblemOf);
    case "cancel": {
      const { id, replyTo, remainingMs } = fields;
      return checked(
        { kind: "cancel", id, replyTo, deadline: deadlineOf(remainingMs, now) },
        cancelProblemOf,
      );
    }
    case "drop": {
      const { kind, id, share, place, node, why } = fields;
      return checked({ kind, id, share, place, node, why }, dropProblemOf);
    }
    default:
      return checked(responseOf(fields), responseProblemOf);
  }
}

function requestOf(fields: Readonly<Record<string, unknown>>, now: number): unknown {
  const { kind, id, service, method, args, replyTo, remainingMs, chain, idempotencyKey, headers } = fields;
  return {
    kind,
    id,
    service,
    method,
    args: Array.isArray(args) ? args.map((arg, i) => decoded(arg, `args[${i}]`)) : args,
    replyTo,
    deadline: deadlineOf(remainingMs, now),
    chain,
    idempotencyKey,
    headers,
  };
}

function responseOf({ kind, id, executionMs, ok, value, error }: Readonly<Record<string, unknown>>): unknown {
  const rest = { kind, id, executionMs, ok };
  return ok === true ? { ...rest, value: decoded(value, "value") } : { ...rest, error };
}

function checked<M extends ServiceMessage>(
  message: unknown,
  problemOf: (message: unknown) => ShapeProblem | undefined,
): M {
  const problem = problemOf(message);
  if (problem !== undefined) throw new SageError("SERVICE_MESSAGE_INVALID", { ...problem });
  return message as M;
}

function decoded(value: unknown, path: string): unknown {
  try {
    return decodePayload(value as JsonValue, path);
  } catch (error) {
    if (!hasCode(error, "SNAPSHOT_INVALID")) throw error;
    const { path: inside, problem } = error.details as { readonly path: string; readonly problem: string };
    throw new SageError("SERVICE_MESSAGE_INVALID", { path: inside, problem }, { cause: error });
  }
}

/** `NaN`, which no message may have, where there is no time. */
function deadlineOf(remainingMs: unknown, now: number): number {
  return typeof remainingMs === "number" ? now + remainingMs : Number.NaN;
}

/** Everything else in a message is JSON as it is; fields without a value are left out. */
function plain(fields: {
  readonly kind: string;
  readonly replyTo?: QueueDescriptorJson;
  readonly error?: WireError;
}): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
}
