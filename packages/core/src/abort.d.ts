/**
 * The only part of the host that core may name: how everything that waits is told to stop.
 *
 * Core compiles without the types of Node or of a browser, so what it uses of `AbortSignal` is declared here.
 * The declarations merge with those of `@types/node` and of `lib.dom` where a program sees both.
 */

interface AbortSignal {
  /** Whether the signal has fired. */
  readonly aborted: boolean;
  /** Why; `undefined` until the signal has fired. */
  // biome-ignore lint/suspicious/noExplicitAny: the type must be the host's own, to merge with it.
  readonly reason: any;
  /** Throws the reason if the signal has fired. */
  throwIfAborted(): void;
  /** Calls the listener when the signal fires; never for one that has fired already. */
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  /** Takes back exactly the listener that was added. */
  removeEventListener(type: "abort", listener: () => void): void;
}

interface AbortController {
  /** The signal that this controller fires. */
  readonly signal: AbortSignal;
  /** Fires the signal; only the first call counts. */
  // biome-ignore lint/suspicious/noExplicitAny: the type must be the host's own, to merge with it.
  abort(reason?: any): void;
}

declare var AbortController: {
  prototype: AbortController;
  new (): AbortController;
};
