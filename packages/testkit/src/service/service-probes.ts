import assert from "node:assert/strict";
import { type ErrorCode, hasCode, type ServiceEndpoint } from "@sage-kernel/core";
import {
  Batch,
  type QueueDescriptorJson,
  type ServiceRequest,
  type ServiceResponse,
} from "@sage-kernel/core/spi";
import { rejectionOf } from "../contract/probes.ts";
import type { ServiceLab } from "./service-lab.ts";
import { labJob, type ServiceSide } from "./service-side.ts";

/** Something that methods wait for. */
export class Gate {
  /** How many wait, or have waited. */
  entered = 0;
  #open!: () => void;
  /** Resolves when it opens. */
  readonly opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  /** Lets all through. */
  open(): void {
    this.#open();
  }

  /** Waits until it opens. @throws the signal's reason when it fires before. */
  pass(signal: AbortSignal): Promise<void> {
    this.entered++;
    return new Promise((resolve, reject) => {
      const leave = (): void => reject(signal.reason);
      signal.addEventListener("abort", leave, { once: true });
      void this.opened.then(() => {
        signal.removeEventListener("abort", leave);
        resolve();
      });
      if (signal.aborted) leave();
    });
  }
}

/** Fails unless a call is rejected with a kernel error of this code; answers its facts. */
export async function assertFails(
  result: Promise<unknown>,
  code: ErrorCode,
): Promise<Readonly<Record<string, unknown>>> {
  const error = await rejectionOf(() => result);
  assert.ok(hasCode(error, code), `must be rejected with ${code}, not with ${String(error)}`);
  return error.details as Readonly<Record<string, unknown>>;
}

/** Fails unless a time is what it should be, within the 20 ms that are allowed. */
export function assertTook(ms: number, expected: number, what: string): void {
  assert.ok(Math.abs(ms - expected) <= 20, `${what} after ${ms} ms, not ${expected}`);
}

/** A caller that writes its messages itself, and reads the replies. */
export class RawCaller {
  /** Where its replies go. */
  readonly replyTo: QueueDescriptorJson;
  readonly #side: ServiceSide;
  #sent = 0;

  constructor(lab: ServiceLab, side: ServiceSide, name: string) {
    this.#side = side;
    this.replyTo = { kind: side.driver.kind, id: lab.id(name), capacity: 1024 };
  }

  /** A request of this caller, with so many ms left. */
  request(
    id: number,
    fields: Partial<ServiceRequest> & Pick<ServiceRequest, "service" | "method">,
  ): ServiceRequest {
    const deadline = this.#side.host.clock.monotonic() + 5000;
    return { kind: "request", id, args: [], replyTo: this.replyTo, deadline, chain: [], ...fields };
  }

  /** Sends messages to an instance. */
  async send({ requests }: ServiceEndpoint, ...messages: readonly unknown[]): Promise<void> {
    const queue = await this.#side.manager.open(requests);
    for (const message of messages) await queue.put(new Batch(0, this.#sent++, [message]));
  }

  /** Gives a request up, which may not have been sent yet. */
  async withdraw({ control }: ServiceEndpoint, { id, replyTo, deadline }: ServiceRequest): Promise<void> {
    const queue = await this.#side.manager.open(control);
    await queue.put(new Batch(0, this.#sent++, [{ kind: "cancel", id, replyTo, deadline }]));
  }

  /** The next reply. */
  async reply(): Promise<ServiceResponse> {
    return (await takeOne(this.#side, this.replyTo)) as ServiceResponse;
  }
}

/** Takes one message out of a queue. */
export async function takeOne(side: ServiceSide, descriptor: QueueDescriptorJson): Promise<unknown> {
  const queue = await side.manager.open(descriptor);
  const { batches, position } = await queue.take(1);
  await queue.advance(position);
  return batches[0]?.payloads[0];
}

/** The address of a service of the lab. */
export const addressIn = (service: string): string => `${labJob}/${service}`;
