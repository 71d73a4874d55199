import type { Job, JobReport } from "@sage-kernel/core";

/** How a pipeline ended. */
export interface PipelineOutcome<Handles> {
  readonly handles: Handles;
  readonly job: Pick<Job, "collected" | "deadLetters">;
  readonly report: JobReport;
  /** Whether Ctrl-C ended its source early. */
  readonly interrupted: boolean;
}
