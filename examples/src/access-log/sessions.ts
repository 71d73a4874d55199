import { type Emit, type Packet, ProcessFunction, type TaskContext } from "@sage-kernel/core";
import type { Request } from "./parse-line.ts";

/** How many sessions an address had. */
export interface AddressSessions {
  readonly address: string;
  readonly sessions: number;
}

/** From the first to the last request of a session, in ms since the Unix epoch. */
type Session = readonly [first: number, last: number];

/** A longer pause than this between two requests ends a session, in ms. */
const gapMs = 30 * 60 * 1000;

/** A timer so far away that it fires when the log has ended. */
const endOfLog = Number.MAX_SAFE_INTEGER;

/**
 * Finds the sessions of each address, in keyed state: so they survive a crash of the step. `crashAt` makes it crash
 * once, at its so-manieth request.
 */
export function findSessions(crashAt: number | undefined): { create(): Sessions } {
  let requests = 0;
  const onRequest = (): void => {
    requests++;
    if (requests === crashAt) throw new Error(`crashed on purpose, at request ${requests}`);
  };
  return { create: () => new Sessions(onRequest) };
}

/** Keeps the sessions of each address, and emits their number at the end of the log. */
export class Sessions extends ProcessFunction<Request, AddressSessions> {
  readonly #onRequest: () => void;

  constructor(onRequest: () => void) {
    super();
    this.#onRequest = onRequest;
  }

  execute({ payload }: Packet<Request>, _emit: Emit<AddressSessions>, ctx: TaskContext): void {
    ctx.state.value<Session[]>("sessions").update((sessions = []) => withRequest(sessions, payload.time));
    ctx.timer(endOfLog);
    this.#onRequest();
  }

  override onTimer(_at: number, emit: Emit<AddressSessions>, ctx: TaskContext): void {
    const sessions = ctx.state.value<Session[]>("sessions").get() ?? [];
    emit({ address: ctx.key as string, sessions: sessions.length });
  }
}

/**
 * The sessions with one more request. Parallel instances of the steps before let requests overtake each other, so it
 * may belong to an earlier session, or make one of two: the result is the same in whatever order they come.
 */
export function withRequest(sessions: readonly Session[], time: number): Session[] {
  const near = ([first, last]: Session): boolean => time >= first - gapMs && time <= last + gapMs;
  const joined = sessions.filter(near);
  const first = Math.min(time, ...joined.map(([start]) => start));
  const last = Math.max(time, ...joined.map(([, end]) => end));
  return [...sessions.filter((session) => !near(session)), [first, last]];
}
