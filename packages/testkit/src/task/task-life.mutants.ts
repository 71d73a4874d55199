import { BaseTask, type Output, RecordBuffer, type Task } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import type { TaskFactorySubject } from "./task-factory-subject.ts";
import { factoryMutant, operatorMutant, taskMutant } from "./task-mutant.ts";

/** Mutants of the life of a task. */
export const taskLifeMutants: readonly Mutant<TaskFactorySubject>[] = [
  taskMutant("TM-01", "opens itself when it is started too early", ["T-01"], (right) => ({
    start() {
      if (right.report().state === "created") void right.open().then(() => right.start());
      else right.start();
    },
  })),
  taskMutant("TM-02", "says that it runs before it is started", ["T-01"], (right) => ({
    report() {
      const report = right.report();
      return report.state === "starting" ? { ...report, state: "running" } : report;
    },
  })),
  taskMutant("TM-03", "says that it was cancelled after it has ended well", ["T-01"], (right) => ({
    async cancel() {
      await right.cancel();
      return { state: "cancelled" };
    },
  })),
  taskMutant("TM-04", "says that it runs when it has ended", ["T-01", "T-02", "T-31"], (right) => ({
    report() {
      const report = right.report();
      return report.state === "completed" || report.state === "failed"
        ? { ...report, state: "running" }
        : report;
    },
  })),
  operatorMutant("TM-05", "opens its operator twice", ["T-02"], (right) => ({
    async open(ctx) {
      await right.open(ctx);
      await right.open(ctx);
    },
  })),
  operatorMutant("TM-06", "does not close its operator", ["T-02", "T-30", "T-08"], () => ({
    close: () => undefined,
  })),
  operatorMutant("TM-07", "closes its operator twice", ["T-02", "T-30"], (right) => ({
    async close() {
      await right.close();
      await right.close();
    },
  })),
  operatorMutant("TM-104", "closes its operator while records are in flight", ["T-56"], (right) => {
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => {
      closed ??= (async () => right.close())();
      return closed;
    };
    return {
      open(ctx) {
        ctx.signal.addEventListener("abort", () => void close().catch(() => undefined), { once: true });
        return right.open(ctx);
      },
      close,
    };
  }),
  operatorMutant("TM-08", "finishes when it is cancelled or has failed", ["T-02", "T-06"], (right) => ({
    async close() {
      await right.finish(new RecordBuffer(), 1);
      await right.close();
    },
  })),
  operatorMutant("TM-09", "hides that the operator could not be closed", ["T-02"], (right) => ({
    async close() {
      try {
        await right.close();
      } catch {}
    },
  })),
  operatorMutant("TM-10", "hides that the operator could not be opened", ["T-30"], (right) => ({
    async open(ctx) {
      try {
        await right.open(ctx);
      } catch {}
    },
  })),
  operatorMutant("TM-11", "does not close an operator that could not be opened", ["T-30"], (right) => {
    let opened = false;
    return {
      async open(ctx) {
        await right.open(ctx);
        opened = true;
      },
      close: () => (opened ? right.close() : undefined),
    };
  }),
  operatorMutant("TM-12", "gives its operator a signal that never fires", ["T-06"], (right) => ({
    open: (ctx) => right.open(ctx.withSignals(new AbortController().signal)),
  })),
  taskMutant(
    "TM-13",
    "waits for the record in flight however long it takes when it is cancelled",
    ["T-06"],
    (right) => ({
      cancel: () => right.done,
    }),
  ),
  taskMutant("TM-14", "sends its stop signals when it is cancelled", ["T-06"], (right, { router, id }) => ({
    async cancel() {
      const outputs: Output[] = [];
      router.stop({ source: id, time: 0 }, outputs);
      for (const { queue, batch } of outputs) queue.offer(batch);
      return right.cancel();
    },
  })),
  factoryMutant("TM-15", "makes one task for all", ["T-17", "T-02"], () => {
    let only: Task | undefined;
    return (spec) => {
      only ??= new BaseTask(spec);
      return only;
    };
  }),
  taskMutant("TM-16", "counts what it dropped as emitted", ["T-31"], (right) => ({
    report() {
      const { ledger, ...report } = right.report();
      return { ...report, ledger: { ...ledger, emitted: ledger.emitted + ledger.filtered } };
    },
  })),
  taskMutant("TM-17", "reports live objects instead of JSON", ["T-31"], (right) => ({
    report: () => Object.assign(Object.create({ live: true }), right.report(), { since: new Date(0) }),
  })),
  taskMutant("TM-18", "does not say what it waits for", ["T-31", "T-41"], (right) => ({
    report() {
      const { waitsFor: _, ...report } = right.report();
      return report;
    },
  })),
  taskMutant("TM-19", "always says that it is idle", ["T-32"], (right) => ({
    probe: async () => ({ ...(await right.probe()), idle: true }),
  })),
  taskMutant("TM-20", "never says that it is idle", ["T-32", "T-16"], (right) => ({
    probe: async () => ({ ...(await right.probe()), idle: false }),
  })),
  taskMutant("TM-21", "does not count in probes what it sends", ["T-32", "T-16"], (right) => ({
    probe: async () => ({ ...(await right.probe()), sent: {} }),
  })),
];
