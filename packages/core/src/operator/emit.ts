import { SageError } from "../errors/sage-error.ts";
import type { Headers } from "../packet/packet.ts";
import { checkKey, type PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";

/** What an emitted record carries beside itself. */
export interface EmitOptions {
  /** Its key; needed on keyed streams where there is no current record to take it from. */
  readonly key?: PartitionKey;
  /** Its headers. */
  readonly headers?: Headers;
}

/**
 * Hands a record on. It may be called any number of times until the hook or record that it was given to has settled.
 *
 * @throws SageError `MISSING_KEY` on a keyed stream when there is no key; `INVALID_KEY` when it is none; `ILLEGAL_STATE` when it is called too late.
 */
export type Emit<Out> = (record: Out, options?: EmitOptions) => void;

/** What emitted records get when the call does not say. */
export interface EmitDefaults extends EmitOptions {
  /** Id of the step, for messages. */
  readonly step: string;
  /** Whether the step's output carries keys. */
  readonly keyed: boolean;
}

/** An {@link Emit} that gathers into a buffer until it is closed. */
export class Emitter {
  readonly emit: Emit<unknown>;
  #closed = false;

  constructor(out: RecordBuffer, { step, keyed, key, headers }: EmitDefaults) {
    this.emit = (record, options) => {
      if (this.#closed) {
        const what = `emit() of step "${step}"`;
        throw new SageError("ILLEGAL_STATE", {
          what,
          from: "a settled record or hook",
          to: "another record",
        });
      }
      const own = options?.key === undefined ? key : checkKey(options.key); // null is a key
      const used = keyed ? own : undefined;
      if (keyed && used === undefined) throw new SageError("MISSING_KEY", { step });
      out.append(record, used, options?.headers ?? headers);
    };
  }

  /** Refuses what comes from now on. */
  close(): void {
    this.#closed = true;
  }
}
