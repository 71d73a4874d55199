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
  const slash = id.indexOf("/");
  const [job, rest] = slash < 0 ? [id, ""] : [id.slice(0, slash), id.slice(slash + 1)];
  const base = `${prefix}{${job}}:q:${rest}`;
  return { entries: base, meta: `${base}:m`, room: `${base}:r` };
}
