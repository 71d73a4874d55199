/** An argument of a script. */
export type ScriptArgument = string | number | Uint8Array;

/** What a script answers: integers, texts as bytes, lists of these, nothing. */
export type ScriptReply = number | Buffer | null | readonly ScriptReply[];

/** A Lua script that may be sent again, word for word, until it is answered: to do it twice is to do it once. */
export interface IdempotentScript {
  /** For messages. */
  readonly name: string;
  /** Its source. */
  readonly source: string;
  /** SHA-1 of the source, in hexadecimal digits. */
  readonly sha: string;
}

/** An entry of a stream. */
export interface StreamEntry {
  /** `<ms>-<n>`, rising. */
  readonly id: string;
  /** Its values by name. */
  readonly fields: ReadonlyMap<string, Buffer>;
}

/** Elements that were taken out of a list. */
export interface PoppedElements {
  readonly key: string;
  readonly elements: readonly Buffer[];
}

/** Where the reading of a stream goes on: behind the entry `after`. */
export interface ReadFrom {
  readonly key: string;
  readonly after: string;
}

/**
 * The inner port to Redis: what the rest of this package asks of a server. Every request is answered once, or rejects
 * with SageError `STORE_UNAVAILABLE` when it has had no answer for too long; lost connections are not seen.
 */
export interface RedisPort {
  /**
   * Runs a script. Scripts that are asked for at the same time may run in any order.
   *
   * @throws the signal's reason when it fires while the script is not under way: it was never sent, or the connection was
   * lost over which it was sent, and then it may be done, once. While it is under way the signal changes nothing.
   */
  run(
    script: IdempotentScript,
    keys: readonly string[],
    args: readonly ScriptArgument[],
    signal?: AbortSignal,
  ): Promise<ScriptReply>;
  /** The values of a hash; `null` for those that are not there. */
  fields(key: string, names: readonly string[]): Promise<readonly (string | null)[]>;
  /** A whole hash. */
  hash(key: string): Promise<ReadonlyMap<string, string>>;
  /** The elements of a list. */
  list(key: string): Promise<readonly Buffer[]>;
  /** The members of a set. */
  members(key: string): Promise<readonly string[]>;
  /**
   * Reads streams: up to `count` entries of each that has any behind its `after`, by its key. Waits up to `blockMs` for
   * the first; then the answer is empty. One read at a time.
   */
  read(
    streams: readonly ReadFrom[],
    count: number,
    blockMs: number,
  ): Promise<ReadonlyMap<string, StreamEntry[]>>;
  /**
   * Takes up to `count` elements out of the first of some lists that has any, from its beginning. Waits up to `blockMs` for
   * one; then there is no answer. One pop at a time.
   *
   * @throws `answerLost` when its connection was lost: then elements may be gone.
   */
  pop(keys: readonly string[], count: number, blockMs: number): Promise<PoppedElements | undefined>;
  /**
   * Settles when all that was answered before is as safe as it is to be; `undefined` where an answer is safe enough.
   *
   * @throws SageError `STORE_UNAVAILABLE`, `STORE_UNSUITABLE`.
   */
  durable(): Promise<void> | undefined;
  /**
   * Calls back each time that the server may have lost the end of what it had answered: it was started again, or another one
   * has taken its place. That is before anything is asked of it. Answers how to stop listening.
   */
  onLoss(listener: () => void): () => void;
  /** Ends the connections; what waits rejects with `STORE_UNAVAILABLE`. */
  close(): Promise<void>;
}
