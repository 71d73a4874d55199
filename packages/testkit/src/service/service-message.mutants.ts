import type { QueueDescriptorJson } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { MappedQueue } from "./mapped-queue.ts";
import { messageMutant, queueMutant } from "./service-mutant.ts";
import type { ServiceTransportSubject } from "./service-transport-subject.ts";

/** Ways that change, lose or double messages. */
export const serviceMessageMutants: readonly Mutant<ServiceTransportSubject>[] = [
  messageMutant(
    "SVM-01",
    "loses results",
    ["S-01", "S-02"],
    () => (message) =>
      message.kind === "response" && message.ok ? { ...message, value: undefined } : message,
  ),
  messageMutant(
    "SVM-02",
    "loses the last argument",
    ["S-01"],
    () => (message) =>
      message.kind === "request" ? { ...message, args: message.args.slice(0, -1) } : message,
  ),
  messageMutant("SVM-03", "gives each caller the result before its own", ["S-01", "S-02"], () => {
    let last: { readonly value: unknown } | undefined;
    return (message) => {
      if (message.kind !== "response" || !message.ok) return message;
      const before = last ?? message;
      last = message;
      return { ...message, value: before.value };
    };
  }),
  messageMutant(
    "SVM-04",
    "delivers requests twice",
    ["S-02", "S-13"],
    () => (message) => (message.kind === "request" ? [message, message] : message),
  ),
  messageMutant(
    "SVM-05",
    "loses the codes of errors",
    ["S-03", "S-08", "S-17"],
    () => (message) =>
      message.kind === "response" && !message.ok
        ? {
            ...message,
            error: { name: message.error.name, message: message.error.message, cause: message.error.cause },
          }
        : message,
  ),
  messageMutant(
    "SVM-06",
    "loses the causes of errors",
    ["S-03"],
    () => (message) =>
      message.kind === "response" && !message.ok
        ? { ...message, error: { ...message.error, cause: undefined } }
        : message,
  ),
  messageMutant(
    "SVM-07",
    "loses cancellations",
    ["S-05", "S-07"],
    () => (message) => (message.kind === "cancel" ? undefined : message),
  ),
  messageMutant(
    "SVM-08",
    "gives each hop ten seconds",
    ["S-06", "S-06a", "S-07"],
    () => (message, _, host) =>
      message.kind === "request" ? { ...message, deadline: host.clock.monotonic() + 10_000 } : message,
  ),
  messageMutant(
    "SVM-09",
    "guesses the method when there is none of its name",
    ["S-08"],
    () => (message) =>
      message.kind === "request" && message.method === "nope" ? { ...message, method: "process" } : message,
  ),
  messageMutant("SVM-10", "takes requests for other services", ["S-08"], () => (message, { descriptor }) => {
    const service = /([^/]+)#\d+\/requests$/.exec(descriptor.id)?.[1];
    return message.kind === "request" && service !== undefined ? { ...message, service } : message;
  }),
  messageMutant(
    "SVM-11",
    "loses keys",
    ["S-09", "S-10", "S-10a", "S-21"],
    () => (message) => (message.kind === "request" ? { ...message, idempotencyKey: undefined } : message),
  ),
  queueMutant("SVM-12", "answers a repetition once", ["S-09"], () => (queue) => {
    const answered = new Set<number>();
    return new MappedQueue(queue, {
      into(message) {
        const { kind, id, ok } = message as {
          readonly kind?: string;
          readonly id: number;
          readonly ok?: boolean;
        };
        if (kind !== "response" || ok !== true) return [message];
        if (answered.has(id)) return [];
        answered.add(id);
        return [message];
      },
    });
  }),
  messageMutant("SVM-13", "repeats the first call of a key, whatever is asked", ["S-10"], () => {
    const first = new Map<string, { readonly method: string; readonly args: readonly unknown[] }>();
    return (message) => {
      if (message.kind !== "request" || message.idempotencyKey === undefined) return message;
      const { method, args } = first.get(message.idempotencyKey) ?? message;
      first.set(message.idempotencyKey, { method, args });
      return { ...message, method, args };
    };
  }),
  messageMutant(
    "SVM-14",
    "forgets who called",
    ["S-17"],
    () => (message) => (message.kind === "request" ? { ...message, chain: [] } : message),
  ),
  messageMutant("SVM-15", "replies to the first caller, whoever asks", ["S-18", "S-02"], () => {
    let first: QueueDescriptorJson | undefined;
    return (message) => {
      if (message.kind !== "request") return message;
      first ??= message.replyTo;
      return { ...message, replyTo: first };
    };
  }),
  queueMutant(
    "SVM-16",
    "hands out a live queue as the place of the reply",
    ["S-18"],
    () => (queue) =>
      new MappedQueue(queue, {
        outOf(message) {
          const { replyTo } = (message ?? {}) as { readonly replyTo?: QueueDescriptorJson };
          if (replyTo === undefined) return message;
          return { ...(message as object), replyTo: { ...replyTo, queue: () => queue } };
        },
      }),
  ),
  queueMutant(
    "SVM-17",
    "breaks when it reads what is no message",
    ["S-18"],
    () => (queue) =>
      new MappedQueue(queue, {
        outOf(message) {
          if (typeof message !== "object" || message === null) throw new Error("no message");
          return message;
        },
      }),
  ),
  messageMutant(
    "SVM-18",
    "loses requests beyond two hundred and fifty",
    ["S-19"],
    () => (message) => (message.kind === "request" && message.id >= 250 ? undefined : message),
  ),
  messageMutant(
    "SVM-19",
    "loses headers",
    ["S-22"],
    () => (message) => (message.kind === "request" ? { ...message, headers: undefined } : message),
  ),
];
