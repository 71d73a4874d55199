import { LoopOperator } from "./loop-operator.ts";

/** Hands each record to the user's function and emits nothing. */
export class SinkOperator extends LoopOperator {
  apply(): boolean {
    return false;
  }
}
