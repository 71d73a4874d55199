import { AsyncLocalStorage } from "node:async_hooks";
import type { AmbientContext } from "@sage-kernel/core/spi";

/** What survives an `await`, by Node's `AsyncLocalStorage`. */
export class NodeAmbient implements AmbientContext {
  readonly #storage = new AsyncLocalStorage<unknown>();

  run<T>(value: unknown, body: () => T): T {
    return this.#storage.run(value, body);
  }

  get(): unknown {
    return this.#storage.getStore();
  }
}
