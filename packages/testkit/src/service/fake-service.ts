import type { CallContext, Headers, MethodArgs, MethodName, MethodResult } from "@sage-kernel/core";
import type { Clock } from "@sage-kernel/core/spi";

/** A call that a fake service got. */
export interface FakeCall {
  /** The method. */
  readonly method: string;
  /** What its caller passed. */
  readonly args: readonly unknown[];
  /** What its caller sent along. */
  readonly headers: Headers | undefined;
  /** The key under which its caller may repeat it. */
  readonly idempotencyKey: string | undefined;
  /** What the method sees of the call; `undefined` when it came with an unexpected number of arguments. */
  readonly context: CallContext | undefined;
}

/** One turn of a script; {@link answers} makes them. */
export class Answer {
  /** Gives the result, or throws. */
  readonly give: (call: FakeCall, clock: Clock | undefined) => unknown;

  constructor(give: (call: FakeCall, clock: Clock | undefined) => unknown) {
    this.give = give;
  }
}

/** What a script consists of: results, functions of the call's arguments that make one, and {@link answers}. */
export type FakeAnswer<R = unknown, A extends readonly unknown[] = never> =
  | R
  | Answer
  | ((...args: A) => R | PromiseLike<R>);

/** Answers beyond plain results and functions. */
export const answers = {
  /** This very value, also where it is a function. */
  value: (value: unknown): Answer => new Answer(() => value),
  /** Throws. */
  error: (error: unknown): Answer =>
    new Answer(() => {
      throw error;
    }),
  /** The same so many ms later, unless the call is given up before. */
  after: (ms: number, then: unknown): Answer =>
    new Answer(async (call, clock = call.context?.clock) => {
      if (clock === undefined)
        throw new Error(`a delay of ${call.method}() needs a clock: new FakeService({ clock })`);
      await clock.sleep(ms, call.context?.signal);
      return asAnswer(then).give(call, clock);
    }),
  /** Nothing, until the call is given up. */
  never: (): Answer =>
    new Answer(({ context }) => {
      return new Promise((_, reject) => {
        const { signal } = context ?? {};
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    }),
  /** What a function makes of the whole call. */
  from: (make: (call: FakeCall) => unknown): Answer => new Answer((call) => make(call)),
} as const;

/** How a fake service is made. */
export interface FakeServiceOptions {
  /** By what delays go. By default the runtime's clock. */
  readonly clock?: Clock;
  /**
   * How many arguments callers pass, by method; by default 1. A call with another number is answered, but its headers,
   * key and signal are not seen.
   */
  readonly parameters?: Readonly<Record<string, number>>;
}

/**
 * A service for tests: it records its calls, and answers each method by a script. All of its instances share both.
 *
 * ```ts
 * const profile = new FakeService<ProfileService>()
 *   .on("byEmail", { name: "Ada" }, answers.error(new Error("down")), answers.after(50, { name: "Bob" }));
 * env.registerService("profile", profile.source);
 * ```
 */
export class FakeService<S extends object = Record<string, (...args: never[]) => unknown>> {
  /** Goes into `env.registerService(name, fake.source)`. It has the methods that were scripted before the job began. */
  readonly source: { create(): S } = { create: () => this.#create() };
  readonly #options: FakeServiceOptions;
  readonly #calls: FakeCall[] = [];
  readonly #scripts = new Map<string, Answer[]>();

  constructor(options: FakeServiceOptions = {}) {
    this.#options = options;
  }

  /** Every call, in the order in which they came. */
  get calls(): readonly FakeCall[] {
    return this.#calls;
  }

  /** The arguments of every call of one method. */
  argsOf(method: MethodName<S>): readonly (readonly unknown[])[] {
    return this.#calls.filter((call) => call.method === method).map(({ args }) => args);
  }

  /** Adds to the script of a method: one answer for each call, in turn; the last one answers all that follow. */
  on<M extends MethodName<S>>(
    method: M,
    ...script: readonly FakeAnswer<MethodResult<S[M]>, MethodArgs<S[M]>>[]
  ): this {
    this.#scripts.set(method, [...(this.#scripts.get(method) ?? []), ...script.map(asAnswer)]);
    return this;
  }

  #create(): S {
    const { parameters = {} } = this.#options;
    const object: Record<string, unknown> = {};
    for (const method of this.#scripts.keys()) {
      const run = (...args: readonly unknown[]): unknown => this.#answer(method, args);
      // A method with one parameter more than its caller passes gets the call's context.
      object[method] = Object.defineProperty(run, "length", { value: (parameters[method] ?? 1) + 1 });
    }
    return object as S;
  }

  #answer(method: string, all: readonly unknown[]): unknown {
    const last = all.at(-1);
    const context = isContext(last) ? last : undefined;
    const args = context === undefined ? all : all.slice(0, -1);
    const { headers, idempotencyKey } = context ?? {};
    const call: FakeCall = { method, args, headers, idempotencyKey, context };
    this.#calls.push(call);
    const script = this.#scripts.get(method) ?? [];
    const answer = script.length > 1 ? script.shift() : script[0];
    if (answer === undefined) throw new Error(`${method}() has no answer: fake.on("${method}", …)`);
    return answer.give(call, this.#options.clock);
  }
}

function asAnswer(answer: unknown): Answer {
  if (answer instanceof Answer) return answer;
  if (typeof answer !== "function") return answers.value(answer);
  return answers.from(({ args }) => answer(...args));
}

function isContext(value: unknown): value is CallContext {
  return (
    typeof value === "object" &&
    value !== null &&
    "remainingMs" in value &&
    typeof (value as Partial<CallContext>).callService === "function"
  );
}
