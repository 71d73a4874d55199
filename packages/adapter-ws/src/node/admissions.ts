/** Bounds of connections. */
export interface AdmissionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxConnectionsPerPrincipal: number;
}

/** Connections beyond the bounds that may stand for a moment, to be told why they are refused. */
const spare = 10;

/** Why a request is refused: an HTTP status, and a sentence. */
export type Refusal = readonly [status: number, why: string];

/** Counts the connections of a hub, those included of which is not known yet whose they are. */
export class Admissions {
  readonly #limits: AdmissionLimits;
  readonly #byAddress = new Map<string, number>();
  readonly #byPrincipal = new Map<string, number>();
  #all = 0;
  readonly #socketsByAddress = new Map<string, number>();
  #sockets = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Why one more from an address is too many, if it is. */
  refusal(address: string): Refusal | undefined {
    if (this.#all >= this.#limits.maxConnections) return [503, "too many connections"];
    if ((this.#byAddress.get(address) ?? 0) >= this.#limits.maxConnectionsPerAddress)
      return [429, "too many from one address"];
    return undefined;
  }

  /**
   * Counts a connection from an address before it asks for anything, unless that is too many by far: whoever asks for nothing
   * takes room, too. Answers how it is no longer counted.
   */
  arrive(address: string): (() => void) | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    if (this.#sockets >= maxConnections + spare) return undefined;
    if ((this.#socketsByAddress.get(address) ?? 0) >= maxConnectionsPerAddress + spare) return undefined;
    this.#sockets++;
    const leave = entered(this.#socketsByAddress, address);
    return () => {
      this.#sockets--;
      leave();
    };
  }

  /** Counts one from an address; answers how it is no longer counted. */
  enter(address: string): () => void {
    this.#all++;
    const leave = entered(this.#byAddress, address);
    return () => {
      this.#all--;
      leave();
    };
  }

  /** Counts one of a principal, unless it is too many; answers how it is no longer counted. */
  enterAs(principal: string): (() => void) | undefined {
    const known = this.#byPrincipal.get(principal) ?? 0;
    if (known >= this.#limits.maxConnectionsPerPrincipal) return undefined;
    return entered(this.#byPrincipal, principal);
  }
}

function entered(counts: Map<string, number>, key: string): () => void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
  return () => {
    const left = (counts.get(key) ?? 1) - 1;
    if (left > 0) counts.set(key, left);
    else counts.delete(key);
  };
}
