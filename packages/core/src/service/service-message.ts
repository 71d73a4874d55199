import type { WireError } from "../errors/wire-error.ts";
import type { Headers } from "../packet/packet.ts";
import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";

/**
 * Asks a service to run one of its methods. In memory it carries its deadline by the monotonic clock of whoever holds
 * it; between machines, whose clocks differ, it travels as the time that remains (gRPC's rule).
 */
export interface ServiceRequest {
  readonly kind: "request";
  /** What tells it from the other requests of its caller. */
  readonly id: number;
  /** The service, by its name in its job. */
  readonly service: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /** The queue on which the caller waits for the response. */
  readonly replyTo: QueueDescriptorJson;
  /** When the caller gives up, in ms of the holder's monotonic clock. */
  readonly deadline: number;
  /** Services, as `job/service`, whose calls have led to this one, the outermost first. */
  readonly chain: readonly string[];
  readonly idempotencyKey?: string | undefined;
  readonly headers?: Headers | undefined;
}

/** Says that nobody waits for a request any more. It may come before the request itself. */
export interface ServiceCancel {
  readonly kind: "cancel";
  /** Id of the request. */
  readonly id: number;
  /** The request's `replyTo`. */
  readonly replyTo: QueueDescriptorJson;
  /** The request's deadline, after which the cancellation is without meaning. */
  readonly deadline: number;
}

/** What a service answers. A result stays inside `value`, so that nothing on the way waits for it. */
export type ServiceResponse = {
  readonly kind: "response";
  /** Id of the request. */
  readonly id: number;
  /** How long the method has run, in ms. */
  readonly executionMs: number;
} & ({ readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: WireError });

/** Says that a record which stems from a request to a pipeline has come to nothing: it will not answer any more. */
export interface ServiceDrop {
  readonly kind: "drop";
  /** Id of the request. */
  readonly id: number;
  /** Which part of the request the record was, as an exact fraction such as `1/6`. */
  readonly share: string;
  /** The record's place, by which a drop that is told twice counts once. */
  readonly place: string;
  /** The task that has dropped it. */
  readonly node: string;
  /** What has become of it there, in a word, such as `filtered`. */
  readonly why: string;
}
