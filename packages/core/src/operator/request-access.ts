import type { Headers } from "../packet/packet.ts";
import type { CallScope } from "../service/call-scope.ts";
import type { SourceReader } from "./source-reader.ts";

/** What the steps of a pipeline have to do with those who call it. */
export interface RequestAccess {
  /** Reads the requests that one instance of a service takes. */
  reader(service: string, index: number): SourceReader;
  /** Answers the request that a record stems from; only those of `service` where it is given. Tells whether there is one. */
  answer(headers: Headers | undefined, value: unknown, service: string | undefined): boolean;
}

/** What has become of a record that stems from a request, and where. */
export interface RecordDrop {
  /** The task. */
  readonly node: string;
  /** The record's place in it, by which a drop that is told twice counts once. */
  readonly place: string;
  /** What has become of it, in a word, such as `filtered`. */
  readonly why: string;
}

/** The requests that a pipeline is called with, as the code of its steps sees them. */
export interface StepRequests {
  /** Says that a record has come to nothing; no effect for one that stems from no request. */
  dropped(headers: Headers | undefined, drop: RecordDrop): void;
  /** Who waits for a record's request, and until when; `undefined` for a record that stems from none. */
  scopeOf(headers: Headers | undefined): Pick<CallScope, "chain" | "deadline" | "headers"> | undefined;
}
