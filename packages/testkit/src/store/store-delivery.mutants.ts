import {
  Batch,
  type CommitOutcome,
  type MaybePromise,
  type Output,
  type TaskProgress,
  type UnitOfWork,
} from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeCommit } from "./fake-commit.ts";
import { FakeTaskRecord } from "./fake-task-record.ts";
import { commitMutant, recordMutant } from "./store-mutant.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** Mutants that are at fault with outputs, and with what has to wait. */
export const storeDeliveryMutants: readonly Mutant<StateStoreSubject>[] = [
  commitMutant(
    "KM-120",
    "answers when all is downstream",
    ["K-51", "K-54"],
    class extends FakeCommit {
      override commit(unit: UnitOfWork): MaybePromise<CommitOutcome> {
        const outcome = super.commit(unit) as CommitOutcome;
        const { delivered } = this.record;
        return outcome.code === "applied" && delivered !== undefined
          ? delivered.then(() => outcome)
          : outcome;
      }
    },
  ),
  commitMutant(
    "KM-121",
    "does not say that something has to wait",
    ["K-51", "K-57"],
    class extends FakeCommit {
      protected override downstream(code: "applied" | "alreadyApplied"): CommitOutcome {
        return code === "applied" ? { code } : super.downstream(code);
      }
    },
  ),
  commitMutant(
    "KM-122",
    "does not say again that something has to wait",
    ["K-56"],
    class extends FakeCommit {
      protected override downstream(code: "applied" | "alreadyApplied"): CommitOutcome {
        return code === "applied" ? super.downstream(code) : { code };
      }
    },
  ),
  recordMutant(
    "KM-123",
    "forgets at a restart what has to wait",
    ["K-54"],
    class extends FakeTaskRecord {
      override snapshot(): TaskProgress {
        return { ...super.snapshot(), delivered: undefined };
      }
    },
  ),
  recordMutant(
    "KM-124",
    "waits after a restart for what nobody does",
    ["K-55"],
    class extends FakeTaskRecord {
      override snapshot(): TaskProgress {
        return {
          ...super.snapshot(),
          delivered: this.sequence > 0 ? new Promise<void>(() => undefined) : undefined,
        };
      }
    },
  ),
  commitMutant(
    "KM-125",
    "has delivered when the first wait is over",
    ["K-53"],
    class extends FakeCommit {
      protected override waitFor(waits: readonly PromiseLike<void>[]): void {
        super.waitFor(waits.length > 1 ? [Promise.race(waits)] : waits);
      }
    },
  ),
  commitMutant(
    "KM-126",
    "waits for the last output only",
    ["K-53"],
    class extends FakeCommit {
      protected override waitFor(waits: readonly PromiseLike<void>[]): void {
        for (const wait of waits) wait.then(undefined, () => undefined);
        super.waitFor(waits.slice(-1));
      }
    },
  ),
  commitMutant(
    "KM-127",
    "sends the outputs backwards",
    ["K-02", "K-52"],
    class extends FakeCommit {
      protected override outputsOf(unit: UnitOfWork): readonly Output[] {
        return super.outputsOf(unit).toReversed();
      }
    },
  ),
  commitMutant(
    "KM-128",
    "sends what fits before what does not",
    ["K-52"],
    class extends FakeCommit {
      protected override outputsOf(unit: UnitOfWork): readonly Output[] {
        const waiting: Output[] = [];
        for (const output of unit.outputs) if (!output.queue.offer(output.batch)) waiting.push(output);
        return waiting;
      }
    },
  ),
  commitMutant(
    "KM-129",
    "lets a full queue hold up the others",
    ["K-53"],
    class extends FakeCommit {
      protected override outputsOf(unit: UnitOfWork): readonly Output[] {
        this.#before = undefined;
        return unit.outputs;
      }

      #before: PromiseLike<void> | undefined;

      protected override send(output: Output): MaybePromise<void> {
        this.#before =
          this.#before?.then(() => super.send(output)) ??
          (super.send(output) as PromiseLike<void> | undefined);
        return this.#before;
      }
    },
  ),
  commitMutant(
    "KM-130",
    "moves the input when all is downstream",
    ["K-51", "K-53"],
    class extends FakeCommit {
      #waits: PromiseLike<void>[] = [];

      protected override send(output: Output): MaybePromise<void> {
        const wait = super.send(output);
        if (wait !== undefined) this.#waits.push(wait);
        return wait;
      }

      protected override advance(unit: UnitOfWork): MaybePromise<void> {
        const waits = this.#waits.splice(0);
        return waits.length === 0 ? super.advance(unit) : Promise.all(waits).then(() => super.advance(unit));
      }
    },
  ),
  commitMutant(
    "KM-131",
    "sends again what its predecessor has left waiting",
    ["K-54"],
    class extends FakeCommit {
      constructor(...args: ConstructorParameters<typeof FakeCommit>) {
        super(...args);
        const { last, delivered } = this.record;
        if (delivered !== undefined && last !== undefined) this.deliver({ ...last, position: undefined });
      }
    },
  ),
  commitMutant(
    "KM-132",
    "drops what does not fit",
    ["K-51", "K-52", "K-56"],
    class extends FakeCommit {
      protected override send({ queue, batch }: Output): undefined {
        queue.offer(batch);
      }
    },
  ),
  commitMutant(
    "KM-133",
    "drops a part of a batch that does not fit",
    ["K-51"],
    class extends FakeCommit {
      protected override send(output: Output): MaybePromise<void> {
        const { channel, firstSeq, payloads } = output.batch;
        const fits = output.batch.payloads.length <= output.queue.descriptor.capacity;
        const part = new Batch(channel, firstSeq, payloads.slice(0, output.queue.descriptor.capacity));
        return super.send(fits ? output : { ...output, batch: part });
      }
    },
  ),
  commitMutant(
    "KM-134",
    "lets a commit fail whose outputs are not taken",
    ["K-57"],
    class extends FakeCommit {
      protected override refusal(unit: UnitOfWork): CommitOutcome | undefined {
        if (unit === this.record.last && this.record.delivered !== undefined)
          throw new Error("not delivered");
        return super.refusal(unit);
      }
    },
  ),
  commitMutant(
    "KM-135",
    "takes what was not taken for delivered",
    ["K-57"],
    class extends FakeCommit {
      protected override send(output: Output): MaybePromise<void> {
        return super.send(output)?.then(undefined, () => undefined);
      }
    },
  ),
];
