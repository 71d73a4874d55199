/** Follows links from a first page, wave by wave, until no page is left: a loop that ends by itself. */
import { createLocalRuntime } from "@sage-kernel/adapter-local";
import { MapFunction } from "@sage-kernel/core";

/** The links of a small site, with circles in it. `/draft` is linked from nowhere. */
const links: Readonly<Record<string, readonly string[]>> = {
  "/": ["/docs", "/blog"],
  "/docs": ["/", "/docs/start", "/docs/api"],
  "/docs/start": ["/docs/api"],
  "/docs/api": ["/docs", "/changes"],
  "/blog": ["/blog/first", "/blog"],
  "/blog/first": ["/docs/start"],
  "/draft": ["/"],
};

/** A page that was come by, and how many clicks it took to get there. */
interface Visit {
  readonly page: string;
  readonly clicks: number;
}

/**
 * Lets a visit pass if it is the shortest way to its page so far; of parallel instances, one may run ahead of its wave.
 * All visits of a page meet on one instance, since they are keyed by page: it remembers only pages of its own.
 */
class Nearer extends MapFunction<Visit, Visit> {
  readonly #clicks = new Map<string, number>();

  execute(visit: Visit): Visit | undefined {
    if (visit.clicks >= (this.#clicks.get(visit.page) ?? Number.POSITIVE_INFINITY)) return undefined;
    this.#clicks.set(visit.page, visit.clicks);
    return visit;
  }
}

await using runtime = await createLocalRuntime();
const env = runtime.environment("feedback");

// A future is a stream that is used before it is filled: the way back of the loop.
const found = env.fromFuture<Visit>("found");
const visits = env
  .fromBatch([{ page: "/", clicks: 0 }])
  .union(found)
  .keyBy(({ page }) => page)
  .map(Nearer, { parallelism: 2 });
visits
  .flatMap(({ page, clicks }) => links[page]?.map((to) => ({ page: to, clicks: clicks + 1 })))
  .fill(found);

// Behind the loop: the last visit of a page to pass was the nearest. It is known when the loop has run dry.
const pages = visits.reduce((_, nearer) => nearer, { emit: "end" }).collect();

const job = await env.submit();
await job.done;

const lines = job
  .collected(pages)
  .map(({ page, clicks }) => `${clicks} ${clicks === 1 ? "click" : "clicks"} to ${page}`);
console.log(lines.sort().join("\n"));
