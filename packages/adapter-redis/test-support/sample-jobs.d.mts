import type { AnyJobModule } from "@sage-kernel/core";

export declare const jobs: readonly AnyJobModule[];
