import { inWorkers } from "./in-workers.ts";

/** In two worker processes. */
export const rate = inWorkers(2);
