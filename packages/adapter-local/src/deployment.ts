import { hostname } from "node:os";
import { pathToFileURL } from "node:url";
import { type AnyJobModule, type JobChannel, SageError } from "@sage-kernel/core";
import { type Adapter, parseOptions, type RuntimeOptions } from "@sage-kernel/core/di";
import * as z from "zod";

const aFunction = z.custom<(...args: never[]) => unknown>(
  (given) => typeof given === "function",
  "expected a function",
);

const schema = z.strictObject({
  /** What the runtime is composed of: the same for managers and workers. */
  runtime: z.looseObject({ adapters: z.array(z.custom<Adapter>()).min(1, "expected one adapter or more") }),
  /** Opens the channel in which managers, workers and clients meet. */
  channel: aFunction,
  /** The jobs that may be submitted, and that workers take work of. */
  jobs: z.array(z.custom<AnyJobModule>()),
  /** What `sage-worker` starts with; its flags count more. */
  worker: z
    .strictObject({
      /** Default: the host's name and the process id. */
      name: z.string().optional(),
      slots: z.int().optional(),
      labels: z.array(z.string()).optional(),
      beatMs: z.int().optional(),
      /** How long what it has may take to be placed elsewhere when it is told to end, in ms. */
      drainTimeoutMs: z.int().min(0).default(25_000),
    })
    .prefault({}),
  /** What `sage-jobmanager` starts with. */
  manager: z
    .strictObject({
      leaseMs: z.int().optional(),
      placementTimeoutMs: z.int().optional(),
      maxCommands: z.int().optional(),
    })
    .prefault({}),
});

type Checked = z.output<typeof schema>;

/** How jobs run in several processes: what `sage-worker` and `sage-jobmanager` are started with. */
export interface Deployment extends Omit<z.input<typeof schema>, "runtime" | "channel" | "jobs"> {
  readonly runtime: RuntimeOptions;
  /** Opens the channel in which managers, workers and clients meet; called once in each process. */
  readonly channel: () => JobChannel | Promise<JobChannel>;
  readonly jobs: readonly AnyJobModule[];
}

/** The same, complete and checked. */
export interface CheckedDeployment extends Pick<Deployment, "runtime" | "channel" | "jobs"> {
  readonly worker: Checked["worker"];
  readonly manager: Checked["manager"];
}

/** Says what a configuration file exports is, for its types: `export default defineDeployment({ … })`. */
export function defineDeployment(deployment: Deployment): Deployment {
  return deployment;
}

/** Completes and checks a deployment. @throws SageError `INVALID_OPTION` naming the path. */
export function checkDeployment(deployment: Deployment): CheckedDeployment {
  const { worker, manager } = parseOptions(schema, deployment);
  const { runtime, channel, jobs } = deployment;
  return {
    runtime,
    channel,
    jobs,
    worker: { name: `${safe(hostname())}-${process.pid}`, ...worker },
    manager,
  };
}

/** Reads the deployment that a file exports by default. @throws SageError `INVALID_OPTION`; what the file throws. */
export async function loadDeployment(file: string): Promise<CheckedDeployment> {
  const { default: deployment } = (await import(pathToFileURL(file).href)) as {
    readonly default?: Deployment;
  };
  if (typeof deployment !== "object" || deployment === null) {
    const problem = `is "${file}", which exports nothing by default`;
    throw new SageError("INVALID_OPTION", {
      path: "--config",
      problem,
      expected: "a module with `export default defineDeployment({ … })`",
    });
  }
  return checkDeployment(deployment);
}

function safe(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "") || "worker";
}
