import { inWorkers } from "./in-workers.ts";

/** In one worker process. */
export const rate = inWorkers(1);
