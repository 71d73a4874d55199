import { JobPart } from "../dispatch/job-part.ts";
import { SageError } from "../errors/sage-error.ts";
import { deliveryOf } from "../graph/delivery.ts";
import { type LoggedLine, TellingLogger } from "../host/log-tail.ts";
import type { LoopCache } from "../operator/loop-cache.ts";
import { DeadLetterStore } from "../state/dead-letter-store.ts";
import { Gathered } from "../state/gathered.ts";
import type { JobManagerScope, Submission } from "./submission.ts";

/** A job that another process manages, of which a part is to live here. */
export interface PartRequest extends Pick<Submission, "pipeline" | "settings"> {
  /** Its id. */
  readonly id: string;
  /** Of the store with which it was begun. */
  readonly pass: string;
  /** Told of lines of its log. */
  readonly onLog: (line: LoggedLine) => void;
}

/**
 * Makes the part of a job that lives in this process.
 *
 * @throws SageError `STORE_UNSUITABLE` where the store is that of one process.
 */
export function makePart(
  scope: JobManagerScope,
  { id, pipeline, settings, pass, onLog }: PartRequest,
  loops: LoopCache,
): JobPart {
  const { stores, host } = scope;
  if (stores.join === undefined) throw noWayIn(stores.kind);
  const { name, steps } = pipeline.graph;
  const { deadLetterCapacity, whenDeadLettersFull } = settings;
  // What is collected is kept in the store, for the manager.
  const nowhere = new Gathered();
  return new JobPart({
    ...scope,
    host: { ...host, logger: new TellingLogger(host.logger, () => host.clock.now(), onLog) },
    job: id,
    pipeline,
    store: stores.join(id, pass),
    deadLetters: new DeadLetterStore(id, deadLetterCapacity, whenDeadLettersFull),
    limits: settings,
    atMostOnce: deliveryOf(name, steps, settings.delivery ?? "auto").level === "at-most-once",
    loops,
    resultsOf: () => nowhere,
  });
}

/** @throws SageError */
export function noWayIn(kind: string): SageError {
  return new SageError("STORE_UNSUITABLE", {
    store: `The state store "${kind}"`,
    problem: "keeps what tasks commit in one process, so no other can take part in its jobs",
    remedy: "Add an adapter whose store processes share, such as redis(), to manager and workers",
  });
}
