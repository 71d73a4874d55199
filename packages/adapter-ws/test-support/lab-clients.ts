import { type Adapter, tokens } from "@sage-kernel/core/di";
import type { HubClient } from "../src/client/hub-client.ts";
import { type ClientOptions, clientSchema } from "../src/node/hub-options.ts";
import { openClient, registerWs } from "../src/node/ws.ts";

/** The clients that a test has at a hub. */
export class LabClients {
  readonly #url: () => string;
  readonly #open = new Set<HubClient>();

  /** They connect to what `url` answers. */
  constructor(url: () => string) {
    this.#url = url;
  }

  /** One more. */
  open(options: Partial<ClientOptions> = {}): HubClient {
    const client = openClient(clientSchema.parse({ url: this.#url(), ...options }));
    this.#open.add(client);
    return client;
  }

  /** Those that were not closed. */
  get all(): readonly HubClient[] {
    return [...this.#open];
  }

  /** An adapter for runtimes of which each has a client of its own, with such options. */
  adapter(options: Partial<ClientOptions> = {}): Adapter {
    return {
      name: "ws",
      register: (container) => {
        let client: HubClient | undefined;
        registerWs(container, () => {
          client ??= this.open(options);
          return client;
        });
        const close = async (): Promise<void> => {
          if (client === undefined) return;
          await client.close();
          this.#open.delete(client);
        };
        container.register(tokens.resource, { useValue: { close } });
      },
    };
  }

  /** Numbered frames that these clients have sent, and that have come to them. */
  get frames(): { readonly sent: number; readonly received: number } {
    let [sent, received] = [0, 0];
    for (const { session } of this.#open) {
      sent += session.endpoint.sent;
      received += session.endpoint.received;
    }
    return { sent, received };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((client) => client.close()));
  }
}

/** Resolves when nothing is on its way between clients and a hub, which tells what it has when it rests. */
export async function quietBetween(
  clients: LabClients,
  hub: () => Promise<{ readonly sent: number; readonly received: number }>,
): Promise<void> {
  for (let still = 0; still < 2; ) {
    await turns();
    const before = clients.frames;
    const there = await hub();
    const now = clients.frames;
    const same = before.sent === now.sent && before.received === now.received;
    still = same && there.sent === now.received && there.received === now.sent ? still + 1 : 0;
  }
}

/** Lets what is under way go on for a while. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}
