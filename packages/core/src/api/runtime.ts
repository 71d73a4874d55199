import { SageError } from "../errors/sage-error.ts";
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
  environment(name: string): Environment {
    if (this.#closing !== undefined) throw new SageError("RUNTIME_CLOSED", { operation: "environment()" });
    return new Environment(name, { ...this.#scope, consumed: this.#consumed });
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
