/** What a loop is doing, for a report of who waits for what. */
export type LoopPhase = "ready" | "input" | "record" | "hook" | "room" | "finish" | "paused" | "ended";

/** Hears how a loop ended: well, or by an error, whatever was thrown. */
export type OnLoopEnd = (failure: { readonly error: unknown; readonly phase: LoopPhase } | undefined) => void;
