import type { AnyJobModule } from "@sage-kernel/core";

export declare const seen: unknown[];
export declare const jobs: readonly AnyJobModule[];
