import { type JsonValue, SageError } from "@sage-kernel/core";
import type { RequestPort } from "../client/request-port.ts";
import type { RequestOptions } from "../client/session.ts";
import type { HubClientRef } from "./hub-client-ref.ts";
import type { Operation } from "./operation.ts";

/** How a hub is asked for something in its own process. */
export class LocalPort implements Pick<RequestPort, "connected" | "request">, HubClientRef {
  readonly connected = true;
  readonly principal = undefined;
  readonly #operations: ReadonlyMap<string, Operation>;
  readonly #onEnd = new Set<() => void>();
  readonly #requests = new Set<AbortController>();
  #ended = false;

  constructor(operations: ReadonlyMap<string, Operation>) {
    this.#operations = operations;
  }

  onEnd(listener: () => void): () => void {
    this.#onEnd.add(listener);
    return () => this.#onEnd.delete(listener);
  }

  onSilence(): () => void {
    return () => undefined; // it is always heard of
  }

  async request(name: string, args: object, { signal, onEvent }: RequestOptions = {}): Promise<JsonValue> {
    if (this.#ended)
      throw new SageError("HUB_UNAVAILABLE", { hub: "this process", problem: "it was closed", waitedMs: 0 });
    signal?.throwIfAborted();
    const given = new AbortController();
    const onAbort = (): void => given.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#requests.add(given);
    try {
      const operation = this.#operations.get(name) as Operation;
      const request = { signal: given.signal, event: (value: JsonValue) => onEvent?.(value) };
      return (await operation.run(this, operation.args.parse(args), request)) ?? null;
    } finally {
      this.#requests.delete(given);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Gives up whatever is under way. */
  end(): void {
    this.#ended = true;
    for (const request of this.#requests) request.abort();
    for (const listener of this.#onEnd) listener();
  }
}
