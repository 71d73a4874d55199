import { inWorkers } from "./in-workers.ts";

/** In three worker processes. */
export const rate = inWorkers(3);
