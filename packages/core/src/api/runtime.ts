import { SageError } from "../errors/sage-error.ts";
import type { EnvironmentLogOptions } from "../host/log-files.port.ts";
import type { JobManager, JobSettings } from "../job/job-manager.ts";
import { Environment } from "./environment.ts";

/** What a runtime works with. */
export interface RuntimeScope {
  readonly jobs: JobManager;
  /** Descriptor kind of the inboxes. */
  readonly queueKind: string;
  /** Capacity of the inboxes of steps that do not say, in records. */
  readonly queueCapacity: number;
  readonly defaults: JobSettings;
  /** Called once when the runtime closes. */
  readonly onClose: () => Promise<void>;
}

/** Options of one environment. */
export interface EnvironmentOptions {
  /** A log of its own: its level on the console, and a folder for log files. Default: the runtime's log. */
  readonly log?: EnvironmentLogOptions;
}

/** A composed kernel: declares environments, runs their jobs. Several live in one process without seeing each other. */
export class Runtime {
  /** Its jobs, terminal ones too. */
  readonly jobs: JobManager;
  readonly #scope: RuntimeScope;
  readonly #consumed = new WeakSet<object>();
  #closing: Promise<void> | undefined;

  /** @internal Runtimes come from `createRuntime()`. */
  constructor(scope: RuntimeScope) {
    this.#scope = scope;
    this.jobs = scope.jobs;
  }

  /**
   * A new environment, in which to declare a pipeline.
   *
   * @throws SageError `RUNTIME_CLOSED`.
   */
  environment<Name extends string>(name: Name, options: EnvironmentOptions = {}): Environment<Name> {
    if (this.#closing !== undefined) throw new SageError("RUNTIME_CLOSED", { operation: "environment()" });
    return new Environment(name, { ...this.#scope, ...options, consumed: this.#consumed });
  }

  /** Cancels running jobs and releases everything. Closing again waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.jobs.close().then(() => this.#scope.onClose());
    return this.#closing;
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
