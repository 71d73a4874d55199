import type { JobModule } from "@sage-kernel/core";

/** Counts and adds up numbers by their key, in four instances with state. */
export declare const countingJob: JobModule<{ records: number; keys: number; perSecond: number }>;
