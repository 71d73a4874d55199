import type { JobModule } from "@sage-kernel/core";

export declare const queueKinds: Record<string, Record<string, string>>;
export declare const squares: JobModule<{ records: number }>;
