import type { Answer, Wire } from "../src/wire.ts";

/** A connection that does what a test says. */
export class FakeWire implements Wire {
  onReady: (() => void) | undefined;
  onLost: (() => void) | undefined;
  ready = false;
  closed = false;
  resets = 0;
  /** The commands that were sent, in order. */
  readonly sent: string[] = [];
  readonly #answers: ((answer: Answer) => void)[] = [];

  send(command: string): Promise<Answer> {
    this.sent.push(command);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  connect(): void {
    this.ready = true;
    this.onReady?.();
  }

  cut(): void {
    this.ready = false;
    this.onLost?.();
  }

  /** Answers the command that was sent last. */
  answer(answer: Answer): void {
    this.answerOf(this.sent.length - 1, answer);
  }

  /** Answers the n-th command that was sent. */
  answerOf(index: number, answer: Answer): void {
    this.#answers[index]?.(answer);
  }

  reset(): void {
    this.resets++;
    this.cut();
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
