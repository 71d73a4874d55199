import { createConnection, type Socket } from "node:net";
import { Requests } from "../src/requests.ts";

/** Turns of the event loop after which nothing that has arrived is left to be worked on. */
const turns = 3;

/** What this process has under way: all that was asked for so far, commands without an answer, and reads without one. */
const traffic = { asked: 0, commands: 0, reads: 0 };

const ask = Requests.prototype.ask;
Requests.prototype.ask = function (command, args, options) {
  const kind = command === "XREAD" || command === "BLMPOP" ? "reads" : "commands";
  traffic.asked++;
  traffic[kind]++;
  return ask.call(this, command, args, options).finally(() => traffic[kind]--);
};

/** Finds out whether this process and a server have come to rest: nothing is asked for, and nothing is on its way. */
export class ServerProbe {
  readonly #socket: Socket;
  #last: Promise<unknown> = Promise.resolve();
  #text = "";
  #onText: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data) => {
      this.#text += data.toString("latin1");
      this.#onText?.();
    });
  }

  /** Connects to the server at a Unix socket. */
  static async connect(path: string): Promise<ServerProbe> {
    const socket = createConnection(path);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new ServerProbe(socket);
  }

  /** Resolves when everything that this process has asked for is answered, but for reads at which the server waits. */
  async quiet(): Promise<void> {
    for (;;) {
      const { asked } = traffic;
      if (traffic.commands === 0 && traffic.reads === (await this.#blocked())) {
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        if (traffic.asked === asked && traffic.commands === 0) return;
      } else await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Empties the server. @throws Error naming the keys that were left. */
  async checkEmpty(): Promise<void> {
    const keys = await this.#ask("KEYS *");
    await this.#ask("FLUSHALL");
    if (keys !== "*0\r\n") throw new Error(`keys are left: ${keys.replaceAll("\r\n", " ")}`);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Clients whose read waits at the server. */
  async #blocked(): Promise<number> {
    return (await this.#ask("CLIENT LIST")).match(/ flags=\w*b/g)?.length ?? 0;
  }

  /** One command and its whole answer, in its turn. */
  #ask(command: string): Promise<string> {
    const answer = this.#last.then(() => this.#askNow(command));
    this.#last = answer;
    return answer;
  }

  async #askNow(command: string): Promise<string> {
    this.#text = "";
    this.#socket.write(`${command}\r\n`);
    while (!isWhole(this.#text)) {
      await new Promise<void>((resolve) => {
        this.#onText = resolve;
      });
    }
    return this.#text;
  }
}

/** Whether an answer of texts has come to its end. */
function isWhole(text: string): boolean {
  const [head = "", ...rest] = text.split("\r\n");
  if (rest.length === 0) return false;
  if (head[0] === "$") return text.length >= head.length + 4 + Number(head.slice(1));
  return head[0] !== "*" || rest.length > 2 * Number(head.slice(1));
}
