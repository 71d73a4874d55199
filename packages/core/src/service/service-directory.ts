import { SageError } from "../errors/sage-error.ts";
import { addressOf, type ServiceEntry } from "./service-entry.ts";

/** The services that run in one runtime, by name and job. */
export class ServiceDirectory {
  readonly #byAddress = new Map<string, ServiceEntry>();
  readonly #byName = new Map<string, ServiceEntry[]>();

  /** All of them. */
  get entries(): readonly ServiceEntry[] {
    return [...this.#byAddress.values()];
  }

  /** Adds a service that has started. */
  add(entry: ServiceEntry): void {
    this.#byAddress.set(addressOf(entry), entry);
    this.#byName.set(entry.name, [...(this.#byName.get(entry.name) ?? []), entry]);
  }

  /** Takes out a service that has stopped. */
  remove(entry: ServiceEntry): void {
    if (this.#byAddress.get(addressOf(entry)) === entry) this.#byAddress.delete(addressOf(entry));
    const others = (this.#byName.get(entry.name) ?? []).filter((other) => other !== entry);
    if (others.length === 0) this.#byName.delete(entry.name);
    else this.#byName.set(entry.name, others);
  }

  /**
   * The service of this name: the one of the caller's own job, or else the only one in any job.
   *
   * @throws SageError `SERVICE_NOT_FOUND`; `SERVICE_AMBIGUOUS` when other jobs have several.
   */
  find(name: string, job: string | undefined): ServiceEntry {
    const own = job === undefined ? undefined : this.#byAddress.get(`${job}/${name}`);
    if (own !== undefined) return own;
    const named = this.#byName.get(name) ?? [];
    if (named.length === 0) {
      throw new SageError("SERVICE_NOT_FOUND", { service: name, known: [...this.#byName.keys()] });
    }
    if (named.length > 1) {
      throw new SageError("SERVICE_AMBIGUOUS", { service: name, jobs: named.map((entry) => entry.job) });
    }
    return named[0] as ServiceEntry;
  }
}
