/** Asks a slow and unreliable service about each record: several at once, again when it fails, without losing any. */
import { createLocalRuntime } from "@sage-kernel/adapter-local";
import type { TaskContext } from "@sage-kernel/core";

/** Worth another attempt, in contrast to all other errors. */
class Busy extends Error {}

/** Stands for a remote service. It is busy whenever it is asked about something for the first time. */
class Atlas {
  readonly #capitals = new Map([
    ["AT", "Vienna"],
    ["FI", "Helsinki"],
    ["PT", "Lisbon"],
  ]);
  readonly #asked = new Set<string>();

  async capitalOf(country: string, { clock, signal }: TaskContext): Promise<string> {
    await clock.sleep(5, signal);
    const isFirst = !this.#asked.has(country);
    this.#asked.add(country);
    if (isFirst || country === "SE") throw new Busy("the atlas is busy");
    const capital = this.#capitals.get(country);
    if (capital === undefined) throw new Error("no such country");
    return capital;
  }
}

const atlas = new Atlas();
// Dead letters are logged as warnings, which this program has no need of: it prints them.
await using runtime = await createLocalRuntime({ log: { level: "error" } });
const env = runtime.environment("enrich");

const enriched = env
  .fromBatch(["FI", "XX", "AT", "SE", "PT"])
  .map(async (country, ctx) => ({ country, capital: await atlas.capitalOf(country, ctx) }), {
    name: "enrich",
    concurrency: 4, // questions under way at once; the answers leave in the order of the records nevertheless
    timeoutMs: 10_000, // then ctx.signal fires and the attempt has failed
    onError: {
      // waits 10 ms before the second attempt and 20 ms before the third
      retry: { attempts: 3, initialMs: 10, retryable: (error) => error instanceof Busy },
      onExhausted: "deadLetter",
    },
  });

enriched.map(({ country, capital }) => `${country}: ${capital}`).print();

// The records that failed for good are a stream like any other.
const failed = enriched
  .deadLetters()
  .map(({ record, error, attempt }) => `${record}: ${error.message} (attempt ${attempt})`)
  .collect();

const job = await env.submit();
await job.done;
for (const line of job.collected(failed)) console.log(`dead letter ${line}`);
