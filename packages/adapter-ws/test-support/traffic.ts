import type { Job, Runtime } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { type Queue, QueueDescriptor, type Random } from "@sage-kernel/core/spi";
import { realMachine } from "@sage-kernel/testkit";
import type { HubClient } from "../src/client/hub-client.ts";
import type { ClientOptions } from "../src/node/hub-options.ts";
import { MostSeen } from "./most-seen.ts";
import { NumberedStream } from "./numbered-stream.ts";
import { turns, until } from "./until.ts";
import type { WsLab } from "./ws-lab.ts";

/** What goes through a lab's proxy. */
export interface TrafficOptions {
  readonly records: number;
  /** Of a record, beside its number. */
  readonly bytes?: number;
  readonly capacity: number;
  readonly random: Random;
  readonly client?: Partial<ClientOptions>;
}

/** Calls that are made in any case. */
export const leastCalls = 100;
const callers = 4;

/**
 * Records from one client to another, and calls of a service for as long as there are records. Whatever does not come once and
 * in order ends it.
 */
export class Traffic {
  readonly #lab: WsLab;
  readonly #runtime: Runtime;
  readonly #job: Job;
  readonly #inside: Queue;
  readonly #stream: NumberedStream;
  readonly #served = new Set<number>();
  #over: Promise<unknown> = Promise.resolve();
  #settled = false;
  /** Of the producer, and of the hub. */
  readonly most = { client: new MostSeen(), hub: new MostSeen() };
  /** Most records that the queue held. */
  mostRecords = 0;
  /** Calls that were answered. */
  answered = 0;

  private constructor(lab: WsLab, runtime: Runtime, job: Job, inside: Queue, stream: NumberedStream) {
    this.#lab = lab;
    this.#runtime = runtime;
    this.#job = job;
    this.#inside = inside;
    this.#stream = stream;
  }

  /** Everything stands, and begins to flow. */
  static async start(lab: WsLab, options: TrafficOptions): Promise<Traffic> {
    const { records, bytes, capacity, random, client } = options;
    const runtime = await createRuntime({ adapters: [realMachine(), lab.adapter(client)], queueKind: "ws" });
    const env = runtime.environment("doubling");
    const process = (n: number): number => traffic.#serve(n);
    env.registerService("double", () => ({ process }));
    const job = await env.submit();
    const descriptor = new QueueDescriptor({ kind: "ws", id: "numbers", capacity });
    const [from, to] = [lab.client(client), lab.client(client)];
    const [producer, consumer] = [
      await lab.driver(from).open(descriptor),
      await lab.driver(to).open(descriptor),
    ];
    const inside = await lab.hub.queues.open(descriptor);
    const stream = new NumberedStream(bytes, () => traffic.#note(from));
    const traffic = new Traffic(lab, runtime, job, inside, stream);
    const some = (): number => 1 + random.integer(50);
    traffic.#flow([
      stream.putAll(records, producer, some),
      stream.takeAll(consumer, some),
      ...Array.from({ length: callers }, (_, n) => traffic.#call(n)),
    ]);
    return traffic;
  }

  /** Records that have arrived. */
  get taken(): number {
    return this.#stream.taken;
  }

  /** Whether all is done, or something is wrong. */
  get over(): boolean {
    return this.#settled;
  }

  /** Waits until so many records have arrived. */
  async reaches(records: number): Promise<void> {
    await until(`${records} records`, () => this.#settled || this.taken >= records);
  }

  /** Lets nothing through for a while. @throws Error where something arrives all the same. */
  async stallFor(count: number): Promise<void> {
    this.#lab.proxy.stall();
    let before = Number.NaN;
    for (; before !== this.#arrived; await turns(1000)) before = this.#arrived; // what is behind the proxy arrives
    await turns(count);
    if (before !== this.#arrived) throw new Error("something has come through");
    this.#lab.proxy.heal();
  }

  /** Lets nothing through until all clients have given their connections up, and waits for them. */
  stallUntilFound(): Promise<void> {
    return this.#lose(async () => {
      this.#lab.proxy.stall();
      await until("all clients give up", () => this.#lab.clients.every(({ connected }) => !connected));
      this.#lab.proxy.heal();
    });
  }

  /** Cuts all connections, and waits for the next ones. */
  reset(): Promise<void> {
    return this.#lose(async () => this.#lab.proxy.reset());
  }

  /** Waits until all has arrived, and ends. @throws Error for what did not come once and in order. */
  async end(): Promise<void> {
    await this.#over;
    await this.#job.stop();
    await this.#runtime.close();
  }

  get #arrived(): number {
    return this.taken + this.answered;
  }

  /** All clients lose their connections and get others; little goes through until the last one is back. */
  async #lose(how: () => Promise<void>): Promise<void> {
    const { proxy, clients } = this.#lab;
    const { connections, bytesPerSecond } = proxy;
    const back = (): boolean => clients.every(({ connected }) => connected);
    await until("all clients are there", back);
    await how();
    proxy.bytesPerSecond = 50_000;
    const most = connections + clients.length;
    await until("all clients are back", () => proxy.connections >= most && back());
    proxy.bytesPerSecond = bytesPerSecond;
  }

  #flow(parts: readonly Promise<void>[]): void {
    this.#over = Promise.all(parts).finally(() => {
      this.#settled = true;
    });
    this.#over.catch(() => undefined); // thrown at the end
  }

  async #call(caller: number): Promise<void> {
    for (let n = caller; !this.#stream.ended || n < leastCalls; n += callers) {
      const answer = await this.#runtime.callService("double", n);
      if (answer !== 2 * n) throw new Error(`${answer} is the answer to ${n}`);
      this.answered++;
    }
  }

  #serve(n: number): number {
    if (this.#served.has(n)) throw new Error(`${n} is asked twice`);
    this.#served.add(n);
    return 2 * n;
  }

  #note(producer: HubClient): void {
    this.most.client.note(producer.session.endpoint);
    this.most.hub.note(this.#lab.hub.backlog);
    this.mostRecords = Math.max(this.mostRecords, this.#inside.size() as number);
  }
}
