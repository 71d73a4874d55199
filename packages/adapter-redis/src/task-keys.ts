import { escaped } from "./queue-keys.ts";

/** The keys of one task, which lie in the slot of its job. */
export class TaskKeys {
  /** Hash: owner, progress, the attempt that was applied last. */
  readonly task: string;
  /** Set: the names of its tables. */
  readonly tables: string;

  /** List: what the task has collected, in parts. */
  readonly collected: string;
  /** Hash: its dead letters, by id. */
  readonly letters: string;

  /** `prefix` begins all keys; the part of the job's id before the first `/` is the hash tag. */
  constructor(prefix: string, job: string, node: string) {
    const [tag, ...rest] = job.split("/") as [string, ...string[]];
    const place = ["t", ...rest.map(escaped)].join("/");
    this.task = `${prefix}{${escaped(tag)}}:${place}:${escaped(node)}`;
    this.tables = `${this.task}:tables`;
    this.collected = `${this.task}:c`;
    this.letters = `${this.task}:d`;
  }

  /** Hash: the cells of a table, by key. */
  table(name: string): string {
    return `${this.task}:s:${escaped(name)}`;
  }

  /** List: what waits for room in a queue with these entries, as records and bytes in turn. */
  waiting(entries: string): string {
    return `${this.task}:w:${entries}`;
  }
}
