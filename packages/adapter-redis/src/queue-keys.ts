/** The keys of one queue. Its job's id is the hash tag: all that one commit writes lies in one slot of a cluster. */
export interface QueueKeys {
  /** Stream: its entries. */
  readonly entries: string;
  /** Hash: counts, position, producers. */
  readonly meta: string;
  /** Stream: says that there is room again. */
  readonly room: string;
}

/**
 * The keys of a queue with this id. The part of the id before the first `/` is that of the job.
 *
 * @param prefix of all keys, such as `sage:`
 */
export function queueKeys(prefix: string, id: string): QueueKeys {
  const job = jobOf(id);
  const rest = id.slice(job.length + 1);
  const base = `${prefix}{${escaped(job)}}:q:${rest.split("/").map(escaped).join("/")}`;
  return { entries: base, meta: `${base}:m`, room: `${base}:r` };
}

/** Hash: which store has a job now. */
export function ownerKey(prefix: string, job: string): string {
  const [tag, ...rest] = job.split("/") as [string, ...string[]];
  return `${prefix}{${escaped(tag)}}:${["o", ...rest.map(escaped)].join("/")}`;
}

/** Text: how a job has ended, as JSON. */
export function reportKey(prefix: string, job: string): string {
  return `${prefix}{${escaped(job)}}:report`;
}

/** The job of a queue, by the queue's id. */
export function jobOf(id: string): string {
  return id.split("/", 1)[0] as string;
}

/** A name as a part of a key: what could be taken for punctuation of keys is written as its number. */
export function escaped(name: string): string {
  return name.replace(/[^A-Za-z0-9_.#-]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
