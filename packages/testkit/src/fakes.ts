import { type Adapter, type Container, tokens } from "@sage-kernel/core/di";
import { type Host, MemoryMetrics, type Random, SeededRandom } from "@sage-kernel/core/spi";
import { FakeClock } from "./clock/fake-clock.ts";
import { FakeProcessProbe } from "./fake-process-probe.ts";
import { RecordingLogFiles } from "./recording-log-files.ts";
import { RecordingLogger } from "./recording-logger.ts";
import { RecordingPrinter } from "./recording-printer.ts";
import { SimScheduler } from "./scheduler/sim-scheduler.ts";
import { SequentialIds } from "./sequential-ids.ts";

/** A fake machine: everything that the host ports ask for, under a test's control. */
export interface Fakes {
  readonly clock: FakeClock;
  readonly random: Random;
  readonly scheduler: SimScheduler;
  readonly logger: RecordingLogger;
  readonly ids: SequentialIds;
  readonly metrics: MemoryMetrics;
  readonly printer: RecordingPrinter;
  readonly process: FakeProcessProbe;
  readonly logs: RecordingLogFiles;
  /** For `createRuntime({ adapters: [local(), fakes.adapter] })`; must come after the adapter it overrides. */
  readonly adapter: Adapter;
}

/** Makes a fake machine whose order and chance follow from `seed`. */
export function createFakes(seed = 1, clock: FakeClock = new FakeClock()): Fakes {
  const fakes = {
    clock,
    random: new SeededRandom(seed).fork("random"),
    scheduler: new SimScheduler(seed, clock),
    logger: new RecordingLogger(),
    ids: new SequentialIds(),
    metrics: new MemoryMetrics(),
    printer: new RecordingPrinter(),
    process: new FakeProcessProbe(),
    logs: new RecordingLogFiles(),
  };
  const adapter = { name: "fakes", register: (container: Container) => registerFakes(container, fakes) };
  return { ...fakes, adapter };
}

/** Registers a fake machine over whatever machine an adapter has registered. */
export function registerFakes(container: Container, fakes: Host): void {
  container.register(tokens.clock, { useFactory: () => fakes.clock });
  container.register(tokens.random, { useFactory: () => fakes.random });
  container.register(tokens.scheduler, { useFactory: () => fakes.scheduler });
  container.register(tokens.logger, { useFactory: () => fakes.logger });
  container.register(tokens.ids, { useFactory: () => fakes.ids });
  container.register(tokens.metrics, { useFactory: () => fakes.metrics });
  container.register(tokens.printer, { useFactory: () => fakes.printer });
  container.register(tokens.processProbe, { useFactory: () => fakes.process });
  container.register(tokens.logFiles, { useFactory: () => fakes.logs });
}
