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

/** Knows on whose behalf records are processed. */
export interface RequestScopes {
  /** Who waits for a record's request, and until when; `undefined` for a record that stems from none. */
  scopeOf(headers: Headers | undefined): Pick<CallScope, "chain" | "deadline" | "headers"> | undefined;
}
