import type { Adapter } from "@sage-kernel/core/di";
import type { Clock } from "@sage-kernel/core/spi";

/** The machine's clock, for what waits for a real server. */
export declare const systemClock: Clock;

/** A machine in real time, for pipelines over a real server. */
export declare const plainMachine: () => Adapter;
