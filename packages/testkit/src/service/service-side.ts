import { DriverRegistry, type Host, type QueueDriver, type ServiceManager } from "@sage-kernel/core/spi";
import type { ServiceTransportSubject } from "./service-transport-subject.ts";

/** What is asked of a service, as its manager takes it. */
export type Target = Parameters<ServiceManager["call"]>[0];
/** A service that has started, as a manager learns of it. */
export type Started = Parameters<ServiceManager["add"]>[0];
/** A service that a manager knows. */
export type Known = Awaited<ReturnType<ServiceManager["add"]>>;

/** How a case calls, beside what is called. */
export type CallOptions = Partial<Omit<Target, "service" | "method" | "args">>;

/** A call under way. */
export interface BegunCall {
  /** How it ends. That it is rejected later is no accident. */
  readonly result: Promise<unknown>;
  /** Gives it up. */
  cancel(): void;
  /** How often its caller has heard an end. */
  readonly ends: number;
}

/** The job of all services of the contract. */
export const labJob = "lab";

/** One process, or what stands for one: it calls services, and may have some. */
export class ServiceSide {
  /** Its machine. */
  readonly host: Host;
  /** Its way to the queues. */
  readonly driver: QueueDriver;
  /** Its calling side. */
  readonly manager: ServiceManager;
  readonly #entries = new Map<string, Known>();

  constructor(subject: ServiceTransportSubject, host: Host, driver: QueueDriver) {
    this.host = host;
    this.driver = driver;
    const drivers = new DriverRegistry([driver]);
    this.manager = subject.manager({ host, drivers });
  }

  /** Makes a service known here. */
  async add(service: Started): Promise<void> {
    this.#entries.set(service.name, await this.manager.add(service));
  }

  /** What is known here of a service. */
  entry(service: string): Known | undefined {
    return this.#entries.get(service);
  }

  /** Calls, and waits for the answer. */
  call(
    service: string,
    method: string,
    args: readonly unknown[] = [],
    options?: CallOptions,
  ): Promise<unknown> {
    return this.begin(service, method, args, options).result;
  }

  /** Begins a call. */
  begin(
    service: string,
    method: string,
    args: readonly unknown[] = [],
    options: CallOptions = {},
  ): BegunCall {
    let ends = 0;
    let cancel = (): void => undefined;
    const result = new Promise<unknown>((resolve, reject) => {
      const end = {
        resolve(value: unknown) {
          ends++;
          resolve(value);
        },
        reject(error: unknown) {
          ends++;
          reject(error);
        },
      };
      const call = this.manager.call({ service, method, args, ...options }, { job: labJob, chain: [] }, end);
      cancel = () => call.cancel();
    });
    result.catch(() => undefined);
    return {
      result,
      cancel: () => cancel(),
      get ends() {
        return ends;
      },
    };
  }
}
