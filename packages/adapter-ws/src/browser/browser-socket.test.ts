import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Socket } from "../link/socket.port.ts";
import { browserDial } from "./browser-socket.ts";

/** A browser's WebSocket over a network that is gone: nothing happens until the test says so. */
class DeadSocket {
  static last: DeadSocket;
  binaryType = "";
  bufferedAmount = 0;
  readyState = 1;
  closes = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null;

  constructor() {
    DeadSocket.last = this;
  }

  send(): void {}

  close(): void {
    this.closes++;
    this.readyState = 2;
  }
}

/** A connection, and what was told of it. */
function dialled() {
  const told: unknown[] = [];
  const socket: Socket = browserDial(
    "ws://hub",
    undefined,
  )({
    onOpen: () => told.push("open"),
    onMessage: (message) => told.push(message),
    onClose: (code, reason) => told.push([code, reason]),
  });
  return { socket, told, page: DeadSocket.last };
}

describe("a connection of a page", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", DeadSocket);
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  test("has ended as soon as it is given up, whenever the browser says so, and nothing comes from it any more", () => {
    const { socket, told, page } = dialled();
    page.onopen?.();
    socket.terminate();
    expect([page.closes, told]).toEqual([1, ["open", [1006, ""]]]);

    page.onmessage?.({ data: new ArrayBuffer(1) });
    page.onopen?.();
    page.onclose?.({ code: 1000, reason: "" });
    socket.terminate();
    expect(told).toEqual(["open", [1006, ""]]);
  });

  test("that is closed in its way has ended in a while, although the other end does not answer", () => {
    const { socket, told, page } = dialled();
    socket.close(4400, "why");
    page.onmessage?.({ data: "what was on its way" });
    expect(told).toEqual([undefined]);

    vi.advanceTimersByTime(2000);
    page.onclose?.({ code: 1006, reason: "" });
    expect(told).toEqual([undefined, [1006, ""]]);
  });

  test("tells its end once as the other end says it", () => {
    const { socket, told, page } = dialled();
    socket.close(1000, "");
    page.onclose?.({ code: 1000, reason: "bye" });
    vi.advanceTimersByTime(10_000);
    expect(told).toEqual([[1000, "bye"]]);
  });
});
