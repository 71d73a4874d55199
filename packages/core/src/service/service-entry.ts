import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import type { Overflow } from "./call-scope.ts";
import type { CallStats } from "./call-stats.ts";
import type { ReplyQueue } from "./reply-queue.ts";
import type { RequestLine, Waiting } from "./request-line.ts";
import type { Resilience } from "./resilience.ts";

/** Where one instance of a service takes its requests, and what cancels them. */
export interface ServiceEndpoint {
  readonly requests: QueueDescriptorJson;
  readonly control: QueueDescriptorJson;
  /** Where it hears what has become of its requests, if a pipeline answers them. */
  readonly outcomes?: QueueDescriptorJson | undefined;
}

/** How a service is called, unless a call says otherwise. */
export interface CallRules {
  /** How long a caller waits for the answer, in ms. */
  readonly timeoutMs: number;
  /** What happens to a call for which there is no room. */
  readonly overflow: Overflow;
  /** Methods of which a second run is the same as one. */
  readonly idempotent: ReadonlySet<string>;
}

/** A running service, as its callers know it. */
export interface ServiceEntry {
  readonly job: string;
  readonly name: string;
  readonly methods: ReadonlySet<string>;
  readonly rules: CallRules;
  readonly instances: readonly InstanceLines[];
  /** What is around every call. */
  readonly resilience: Resilience;
  /** What has become of its calls. */
  readonly stats: CallStats;
  /** Whether it takes no further calls. */
  stopping: boolean;
  /** Whether it takes calls only on behalf of calls that were accepted before. */
  draining: boolean;
}

/** The ways to one instance. */
export interface InstanceLines {
  readonly endpoint: ServiceEndpoint;
  /** Where its replies come in. */
  readonly replies: ReplyQueue;
  readonly requests: Pick<RequestLine<Waiting>, "push">;
  readonly control: Pick<RequestLine<Waiting>, "push">;
  /** Requests that have no answer yet. */
  inFlight: number;
}

/** A service's address: what tells it from those of other jobs. */
export function addressOf({ job, name }: Pick<ServiceEntry, "job" | "name">): string {
  return `${job}/${name}`;
}
