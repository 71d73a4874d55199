import type { LogLevel } from "@sage-kernel/core";

/** The levels from the most lines to none. */
export const logLevels = ["debug", "info", "warn", "error", "silent"] as const satisfies readonly LogLevel[];

/** The levels that a line can have. */
export const lineLevels = ["debug", "info", "warn", "error"] as const satisfies readonly LogLevel[];

/** Level of a line. */
export type LineLevel = (typeof lineLevels)[number];

/** Whether lines of a level are written where `least` is the least. */
export function takes(least: LogLevel, level: LineLevel): boolean {
  return logLevels.indexOf(level) >= logLevels.indexOf(least);
}
