import { SageError } from "../errors/sage-error.ts";
import type { QueueDriver } from "./queue-driver.port.ts";

/** The queue drivers of one runtime, by kind. */
export class DriverRegistry {
  readonly #drivers = new Map<string, QueueDriver>();

  /** @throws SageError `DUPLICATE_DRIVER` when two drivers have one kind. */
  constructor(drivers: Iterable<QueueDriver>) {
    for (const driver of drivers) {
      if (this.#drivers.has(driver.kind)) throw new SageError("DUPLICATE_DRIVER", { driver: driver.kind });
      this.#drivers.set(driver.kind, driver);
    }
  }

  /** The kinds there are, in the order of registration. */
  get kinds(): readonly string[] {
    return [...this.#drivers.keys()];
  }

  /**
   * The driver of a kind.
   *
   * @throws SageError `UNKNOWN_DESCRIPTOR_KIND` naming the known ones.
   */
  get(kind: string): QueueDriver {
    const driver = this.#drivers.get(kind);
    if (driver === undefined)
      throw new SageError("UNKNOWN_DESCRIPTOR_KIND", { descriptor: kind, known: this.kinds });
    return driver;
  }
}
