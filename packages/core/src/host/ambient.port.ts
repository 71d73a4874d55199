/** Port: what survives an `await`: a value that belongs to a flow of calls and to everything that it waits for. */
export interface AmbientContext {
  /** Runs a function in which, and in everything that it starts, {@link AmbientContext.get} answers this value. */
  run<T>(value: unknown, body: () => T): T;
  /** The value of the innermost `run` around; `undefined` outside of all. */
  get(): unknown;
}
