import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Operator } from "../operator/operator.port.ts";
import type { StepContext } from "../operator/step-context.ts";

/** Table with the inputs at whose end the operator has changed its state. */
const tableName = "$ended";

/**
 * Tells an operator that an input has ended. An incarnation hears it of each input once, and a task may have several:
 * what the operator changes in its state when it hears it counts the first time only.
 *
 * @throws what the operator throws.
 */
export function endInput(operator: Operator, hooks: StepContext, input: number): MaybePromise<void> {
  const { tables, cells } = hooks;
  const settled = (): void => {
    tables.inHook = false;
    if (!cells.changed) return;
    const table = tables.table(tableName);
    const counted = (table.get(undefined) as readonly number[] | undefined) ?? [];
    if (counted.includes(input)) {
      cells.discard();
      return;
    }
    cells.accept();
    table.put(undefined, [...counted, input]);
  };
  tables.inHook = true;
  const hook = operator.endInput(input);
  if (isPromiseLike(hook)) return hook.then(settled);
  settled();
}
