/**
 * The part for pages: jobs of a manager at a hub, over the standard `WebSocket`.
 *
 * @packageDocumentation
 */
export { type BrowserJobsOptions, connectJobs } from "./browser/browser-jobs.ts";
