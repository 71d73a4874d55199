import type { JsonValue } from "@sage-kernel/core";
import type { ReportShelf } from "@sage-kernel/core/spi";
import { ownerKey, reportKey } from "./queue-keys.ts";
import type { RedisProcess } from "./redis-process.ts";
import { removeScript, script } from "./scripts.ts";

/**
 * Keeps a report for a time, unless somebody has the job: then it has not ended.
 *
 * KEYS report, owner · ARGV JSON, ms
 */
const putScript = script(
  "put-report",
  `if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`,
);

/**
 * Reads a report.
 *
 * KEYS report
 */
const getScript = script("get-report", "return redis.call('GET', KEYS[1])\n");

/** Keeps reports of jobs in Redis: the only thing that is left of a job, until its time is over. */
export class RedisReports implements ReportShelf {
  readonly #process: RedisProcess;
  readonly #keptMs: number;

  constructor(process: RedisProcess, keptMs: number) {
    this.#process = process;
    this.#keptMs = keptMs;
  }

  async put(job: string, report: JsonValue): Promise<void> {
    if (this.#keptMs === 0) return;
    const { redis, prefix } = this.#process;
    await redis.run(
      putScript,
      [reportKey(prefix, job), ownerKey(prefix, job)],
      [JSON.stringify(report), this.#keptMs],
    );
  }

  async get(job: string): Promise<JsonValue | undefined> {
    const { redis, prefix } = this.#process;
    const text = await redis.run(getScript, [reportKey(prefix, job)], []);
    return text === null ? undefined : (JSON.parse(String(text)) as JsonValue);
  }

  async remove(job: string): Promise<void> {
    const { redis, prefix } = this.#process;
    await redis.run(removeScript, [reportKey(prefix, job)], []);
  }
}
