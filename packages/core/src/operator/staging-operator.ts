import type { MaybePromise } from "../host/maybe-promise.ts";
import { PassOperator } from "./pass-operator.ts";
import type { StagedSink } from "./transactional-sink.ts";

/** The operator of a transactional sink: what it emits is staged with the unit of work, and goes nowhere else. */
export class StagingOperator extends PassOperator {
  /** The user's sink. */
  readonly sink: StagedSink<unknown>;

  constructor(sink: StagedSink<unknown>) {
    super(false, {
      open: (ctx) => sink.open?.(ctx),
      close: (): MaybePromise<void> => sink.close?.(),
    });
    this.sink = sink;
  }
}
