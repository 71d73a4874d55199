import type { ServiceCancel, ServiceRequest } from "../src/service/service-message.ts";

/** Where replies of the messages below go. */
const replyTo = { kind: "local", id: "replies-1", capacity: 5 };

/** A request with everything that one must have. */
export const request = {
  kind: "request",
  id: 7,
  service: "v",
  method: "process",
  args: [1],
  replyTo,
  deadline: 1500,
  chain: ["job/a"],
} as const satisfies ServiceRequest;

/** Its cancellation. */
export const cancel = { kind: "cancel", id: 7, replyTo, deadline: 1500 } as const satisfies ServiceCancel;
