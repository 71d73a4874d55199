import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("./hub-process.mjs", import.meta.url));

/** How a hub stands. */
export interface HubStanding {
  /** Numbered frames that were sent to clients of now, and have come from them. */
  readonly frames: { readonly sent: number; readonly received: number };
  /** Ids of what is left in it. */
  readonly kept: { readonly queues: readonly string[]; readonly jobs: readonly string[] };
}

/** A hub in a process of its own. */
export class HubProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, (standing: HubStanding) => void>();
  #questions = 0;

  private constructor(child: ChildProcess, url: string) {
    this.url = url;
    this.#child = child;
    child.on("message", (answer: HubStanding & { readonly id: number }) => {
      this.#asked.get(answer.id)?.(answer);
      this.#asked.delete(answer.id);
    });
  }

  /** Starts one. */
  static async start(): Promise<HubProcess> {
    const child = fork(program, { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
    const [{ url }] = (await once(child, "message")) as [{ url: string }];
    return new HubProcess(child, url);
  }

  /** How it stands when nothing more happens in it. */
  standing(): Promise<HubStanding> {
    return new Promise((resolve) => {
      this.#asked.set(++this.#questions, resolve);
      this.#child.send(this.#questions);
    });
  }

  /** Ends it. */
  async stop(): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.disconnect();
    await gone;
  }
}
