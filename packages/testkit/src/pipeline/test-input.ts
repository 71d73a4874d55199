import type { DataStream, Environment } from "@sage-kernel/core";

/** A source that a test feeds: `in(env)` declares it, `TestPipeline.feed()` sends records. */
export class TestInput<T> {
  /** Its name, which its step has, too. */
  readonly name: string;
  readonly #queue: T[] = [];
  #declared = false;
  #closed = false;
  #wake: (() => void) | undefined;
  readonly #read: Promise<void>;
  #onRead!: () => void;

  constructor(name = "input") {
    this.name = name;
    this.#read = new Promise((resolve) => {
      this.#onRead = resolve;
    });
  }

  /** The inputs that were declared in an environment. */
  static of(env: Environment): readonly TestInput<unknown>[] {
    return declared.get(env) ?? [];
  }

  /** The stream of what is fed. @throws Error where it is declared already: it has one reader. */
  in<J extends string>(env: Environment<J>): DataStream<T, J> {
    if (this.#declared)
      throw new Error(`the input "${this.name}" is declared already: make one for each pipeline`);
    this.#declared = true;
    declared.set(env, [...TestInput.of(env), this]);
    return env.fromBatch(({ signal }) => this.#records(signal), { name: this.name });
  }

  /** Adds records, which nobody waits for; a test rather calls `TestPipeline.feed()`. */
  push(...records: readonly T[]): void {
    if (this.#closed) throw new Error(`the input "${this.name}" has ended: feed it before`);
    this.#queue.push(...records);
    this.#wake?.();
  }

  /** Ends it: no more records come. Resolves when the pipeline has read all. */
  close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    return this.#read;
  }

  async *#records(signal: AbortSignal): AsyncGenerator<T> {
    signal.addEventListener("abort", () => this.#wake?.(), { once: true });
    for (;;) {
      while (this.#queue.length > 0) yield this.#queue.shift() as T;
      if (this.#closed || signal.aborted) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#onRead();
  }
}

const declared = new WeakMap<Environment, readonly TestInput<unknown>[]>();
