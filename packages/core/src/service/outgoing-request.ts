import type { Cancellable } from "./call-scope.ts";
import type { PendingCall } from "./pending-calls.ts";
import type { Waiting } from "./request-line.ts";
import type { InstanceLines, ServiceEntry } from "./service-entry.ts";
import type { ServiceRequest } from "./service-message.ts";

/** How a request ended: with a value, or with what its caller gets thrown. */
export interface RequestEnd {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** One request under way: what the caller's table knows it by, and what waits in the line to its service. */
export class OutgoingRequest implements PendingCall, Waiting, Cancellable {
  id = -1;
  settled = false;
  sent = false;
  /** Whether it, or its answer, may be lost. */
  inDoubt = false;
  message!: ServiceRequest;
  readonly deadline: number;
  readonly service: ServiceEntry;
  readonly instance: InstanceLines;
  readonly method: string;
  readonly timeoutMs: number;
  readonly rejects: boolean;
  readonly end: RequestEnd;
  readonly #giveUp: (request: OutgoingRequest) => void;

  constructor(facts: {
    readonly service: ServiceEntry;
    readonly instance: InstanceLines;
    readonly method: string;
    readonly deadline: number;
    readonly timeoutMs: number;
    readonly rejects: boolean;
    readonly end: RequestEnd;
    readonly giveUp: (request: OutgoingRequest) => void;
  }) {
    this.service = facts.service;
    this.instance = facts.instance;
    this.method = facts.method;
    this.deadline = facts.deadline;
    this.timeoutMs = facts.timeoutMs;
    this.rejects = facts.rejects;
    this.end = facts.end;
    this.#giveUp = facts.giveUp;
  }

  cancel(): void {
    this.#giveUp(this);
  }
}
