import "reflect-metadata";
import { type DependencyContainer, container as root } from "tsyringe";
import * as z from "zod";
import { Runtime } from "./api/runtime.ts";
import { SageError } from "./errors/sage-error.ts";
import type { AmbientContext } from "./host/ambient.port.ts";
import type { Clock } from "./host/clock.port.ts";
import type { Host } from "./host/host.ts";
import type { IdSource } from "./host/ids.port.ts";
import type { LogFiles } from "./host/log-files.port.ts";
import type { Logger } from "./host/logger.port.ts";
import type { Metrics } from "./host/metrics.port.ts";
import { parseOptions } from "./host/parse-options.ts";
import type { Printer } from "./host/printer.port.ts";
import type { ProcessProbe } from "./host/process-probe.port.ts";
import type { Random } from "./host/random.port.ts";
import type { Scheduler } from "./host/scheduler.port.ts";
import { JobManager } from "./job/job-manager.ts";
import { DriverRegistry } from "./queue/driver-registry.ts";
import type { QueueDriver } from "./queue/queue-driver.port.ts";
import { ServiceManager } from "./service/service-manager.ts";
import { memoryStateStores } from "./state/memory-state-store.ts";
import type { StateStoreFactory } from "./state/state-store.port.ts";
import { storesFor } from "./state/stores-for.ts";
import { BaseServiceTask } from "./task/base-service-task.ts";
import type { ServiceTaskFactory } from "./task/service-task.port.ts";
import type { TaskFactory } from "./task/task.port.ts";

export { parseOptions } from "./host/parse-options.ts";

/** Something that an adapter has opened, such as connections. */
export interface Resource {
  /** Called once, when the runtime has ended everything else. */
  close(): Promise<void>;
}

/** A container key that carries the type of what it names. */
export type Token<T> = symbol & { readonly provides?: T };

const token = <T>(name: string): Token<T> => Symbol(name) as Token<T>;

/**
 * The tokens that adapters register factories for. Of most the last registration counts; drivers and resources add up. Where
 * nobody provides them, states are kept in memory, services run on the event loop, and no context is ambient.
 */
export const tokens = {
  clock: token<Clock>("Clock"),
  random: token<Random>("Random"),
  scheduler: token<Scheduler>("Scheduler"),
  logger: token<Logger>("Logger"),
  ids: token<IdSource>("IdSource"),
  metrics: token<Metrics>("Metrics"),
  printer: token<Printer>("Printer"),
  processProbe: token<ProcessProbe>("ProcessProbe"),
  logFiles: token<LogFiles>("LogFiles"),
  taskFactory: token<TaskFactory>("TaskFactory"),
  serviceTaskFactory: token<ServiceTaskFactory>("ServiceTaskFactory"),
  ambient: token<AmbientContext>("AmbientContext"),
  queueDriver: token<QueueDriver>("QueueDriver"),
  stateStores: token<StateStoreFactory>("StateStoreFactory"),
  resource: token<Resource>("Resource"),
  runtime: token<Runtime>("Runtime"),
} as const;

/** The container type that registration functions get. */
export type Container = DependencyContainer;

/** A part of a runtime: registers its factories in the runtime's own container. */
export interface Adapter {
  /** Its name, for messages. */
  readonly name: string;
  /** Registers factories; must not start anything. */
  register(container: Container): void;
}

/** Records that an inbox holds, and most records in a unit of work, where nobody says. */
const defaultCapacity = 1024;
const defaultMaxBatch = 256;

const coreSchema = z.strictObject({
  /** Descriptor kind of the inboxes; by default the first registered driver's. */
  queueKind: z.string().optional(),
  /**
   * Descriptor kinds of single queues, by the name of their pipeline and then of their step, or service: `{ orders: { enrich: "redis",
   * profile: "ws" } }`. All others are of the kind `queueKind`.
   */
  queueKinds: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  /** Kind of the state store, such as `memory`; by default the one whose units of work move queues of the kind `queueKind`. */
  stateStore: z.string().optional(),
  /** Records that an inbox holds before senders wait, where the step does not say; by default what suits the queues, or 1,024. */
  queueCapacity: z.int().min(1).optional(),
  /** Most records in one unit of work; by default what suits the queues, or 256. */
  maxBatch: z.int().min(1).optional(),
  /** How long one unit of work may take before the next ones are made smaller, in ms. */
  maxBatchMs: z.number().positive().default(5),
  /** With this many dead letters in a job there is no room for more. */
  deadLetterCapacity: z.int().min(0).default(10_000),
  /** What happens then to a task that has more: it fails, with the job, or waits until letters were taken out. */
  whenDeadLettersFull: z.enum(["fail", "block"]).default("fail"),
  /** Whether records are refused that could not cross a process: an error of the record, in the step that emits it. */
  strictPayloads: z.boolean().default(false),
  /** Whether errors of services reach their callers with their stacks, which tell where code is. */
  exposeStacks: z.boolean().default(false),
  /** How often the process is sampled and running jobs are reported at level info, in ms; by default never. */
  reportIntervalMs: z.number().positive().optional(),
});

/** Options of the core, with their defaults. */
export type CoreOptions = z.input<typeof coreSchema>;

/** What `createRuntime` composes. */
export interface RuntimeOptions extends CoreOptions {
  /** The adapters, in order: where two provide the same thing, the later one counts. */
  readonly adapters: readonly Adapter[];
}

/**
 * Registers the core in a container that adapters have filled or will fill.
 *
 * @throws SageError `INVALID_OPTION`.
 */
export function registerCore(container: Container, options: CoreOptions = {}): void {
  const { queueKind, queueKinds, stateStore, queueCapacity, ...others } = parseOptions(coreSchema, options);
  const { maxBatch, strictPayloads, exposeStacks, reportIntervalMs, ...defaults } = others;
  registerDefaults(container);
  container.register(tokens.runtime, {
    useFactory: (scope) => {
      const host = resolveHost(scope);
      const drivers = new DriverRegistry(scope.resolveAll<QueueDriver>(tokens.queueDriver));
      const resources = scope.isRegistered(tokens.resource)
        ? scope.resolveAll<Resource>(tokens.resource)
        : [];
      const { kind, suits = {} } = drivers.get(queueKind ?? (drivers.kinds[0] as string));
      for (const others of Object.values(queueKinds))
        Object.values(others).map((other) => drivers.get(other));
      const services = new ServiceManager({ host, drivers, exposeStacks });
      const jobs = new JobManager({
        host,
        drivers,
        tasks: scope.resolve<TaskFactory>(tokens.taskFactory),
        serviceTasks: scope.resolve<ServiceTaskFactory>(tokens.serviceTaskFactory),
        services,
        stores: storesFor(scope.resolveAll(tokens.stateStores), kind, stateStore),
        strictPayloads,
        reportIntervalMs,
      });
      return new Runtime({
        host,
        jobs,
        services,
        queues: {
          kind,
          kinds: new Map(
            Object.entries(queueKinds).map(([name, own]) => [name, new Map(Object.entries(own))]),
          ),
          capacityOf: (other) => queueCapacity ?? drivers.get(other).suits?.capacity ?? defaultCapacity,
        },
        defaults: { ...defaults, maxBatch: maxBatch ?? suits.maxBatch ?? defaultMaxBatch },
        onClose: async () => {
          for (const resource of resources.reverse()) await resource.close();
          scope.clearInstances();
        },
      });
    },
  });
}

/** What nobody has to provide. */
function registerDefaults(container: Container): void {
  const provide = <T>(token: Token<T>, useValue: T): void => {
    if (!container.isRegistered(token)) container.register(token, { useValue });
  };
  provide(tokens.stateStores, memoryStateStores);
  provide(tokens.serviceTaskFactory, { kind: "event-loop", create: (spec) => new BaseServiceTask(spec) });
  provide(tokens.ambient, { run: (_, body) => body(), get: () => undefined });
}

/**
 * Composes a runtime from adapters, in a container of its own.
 *
 * @throws SageError `MISSING_ADAPTER` naming everything that no adapter provides; `DUPLICATE_DRIVER`;
 * `INVALID_OPTION`.
 */
export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { adapters, ...core } = options;
  const container = root.createChildContainer();
  for (const adapter of adapters) adapter.register(container);
  registerCore(container, core);
  const missing = Object.values(tokens).filter((t) => t !== tokens.resource && !container.isRegistered(t));
  if (missing.length > 0)
    throw new SageError("MISSING_ADAPTER", { tokens: missing.map((t) => t.description ?? "?") });
  return container.resolve<Runtime>(tokens.runtime);
}

function resolveHost(scope: Container): Host {
  return {
    clock: scope.resolve<Clock>(tokens.clock),
    random: scope.resolve<Random>(tokens.random),
    scheduler: scope.resolve<Scheduler>(tokens.scheduler),
    logger: scope.resolve<Logger>(tokens.logger),
    ids: scope.resolve<IdSource>(tokens.ids),
    metrics: scope.resolve<Metrics>(tokens.metrics),
    printer: scope.resolve<Printer>(tokens.printer),
    process: scope.resolve<ProcessProbe>(tokens.processProbe),
    logs: scope.resolve<LogFiles>(tokens.logFiles),
    ambient: scope.resolve<AmbientContext>(tokens.ambient),
  };
}
