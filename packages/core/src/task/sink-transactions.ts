import { reasonOf, SageError } from "../errors/sage-error.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { StagedSink, Transaction } from "../operator/transactional-sink.ts";

/** The two phases of a transactional sink around the commits of its task. */
export class SinkTransactions {
  readonly #node: string;
  readonly #task: string;
  readonly #sink: StagedSink<unknown>;

  constructor(job: string, node: string, sink: StagedSink<unknown>) {
    this.#node = node;
    this.#task = `${job}/${node}`;
    this.#sink = sink;
  }

  /** Finishes what an earlier incarnation has committed and drops what it has not. @throws SageError `OPERATOR_FAILED`. */
  async recover(committed: number): Promise<void> {
    await this.#call("recover", () => this.#sink.recover(this.#task, committed));
  }

  /** Before the commit. @throws SageError `OPERATOR_FAILED`. */
  stage(sequence: number, records: readonly unknown[]): MaybePromise<void> {
    return this.#call("stage", () => this.#sink.stage(this.#transaction(sequence), records));
  }

  /** After the commit. @throws SageError `OPERATOR_FAILED`. */
  commit(sequence: number): MaybePromise<void> {
    return this.#call("commit", () => this.#sink.commit(this.#transaction(sequence)));
  }

  #transaction(sequence: number): Transaction {
    return { id: `${this.#task}/${sequence}`, task: this.#task, sequence };
  }

  #call(phase: string, call: () => MaybePromise<void>): MaybePromise<void> {
    const failed = (cause: unknown): never => {
      throw new SageError("OPERATOR_FAILED", { node: this.#node, phase, reason: reasonOf(cause) }, { cause });
    };
    try {
      const wait = call();
      return isPromiseLike(wait) ? wait.then(() => undefined, failed) : undefined;
    } catch (error) {
      return failed(error);
    }
  }
}
