import type { Headers } from "../packet/packet.ts";

/** Header of every record that stems from a request to a pipeline: `<service>#<instance>:<ticket>`. */
export const requestHeader = "sage-request";

/** Header that says which part of its request a record is, as a fraction such as `1/6`; without it, all of it. */
export const shareHeader = "sage-share";

/** Which request a record stems from. */
export interface RequestTag {
  /** The instance that has taken the request, such as `quote#0`. */
  readonly front: string;
  /** What tells the request from the others of that instance. */
  readonly ticket: number;
}

/** The request that headers tell of; `undefined` when there is none. */
export function requestIn(headers: Headers | undefined): RequestTag | undefined {
  const tag = headers?.[requestHeader];
  if (typeof tag !== "string") return undefined;
  const [, front, ticket] = tagged.exec(tag) ?? [];
  return front === undefined ? undefined : { front, ticket: Number(ticket) };
}

const tagged = /^(.+):([0-9]{1,15})$/;

/** The name of the service that an instance belongs to. */
export function serviceOf(front: string): string {
  return front.slice(0, front.lastIndexOf("#"));
}

const whole = /^([0-9]{1,1000})\/([1-9][0-9]{0,999})$/;

/**
 * An exact part of a request. Each record that a request comes to has a share in it, and those of all of them add up to
 * one: when so much has been dropped, nothing is left that could answer. (Mattern's method of credit, 1989, for the end
 * of a computation that is spread over many places.)
 */
export class RequestShare {
  /** Nothing of it. */
  static readonly none = new RequestShare(0n, 1n);
  /** All of it. */
  static readonly all = new RequestShare(1n, 1n);
  readonly #numerator: bigint;
  readonly #denominator: bigint;

  private constructor(numerator: bigint, denominator: bigint) {
    this.#numerator = numerator;
    this.#denominator = denominator;
  }

  /** The share of a record with these headers. */
  static of(headers: Headers | undefined): RequestShare {
    const share = headers?.[shareHeader];
    return share === undefined ? RequestShare.all : RequestShare.parse(share);
  }

  /** Reads what {@link toString} wrote; what is no share counts as none. */
  static parse(text: string): RequestShare {
    const [, numerator, denominator] = whole.exec(text) ?? [];
    if (numerator === undefined || denominator === undefined) return RequestShare.none;
    return new RequestShare(BigInt(numerator), BigInt(denominator));
  }

  /** Whether nothing is left beside it. */
  get isAll(): boolean {
    return this.#numerator >= this.#denominator;
  }

  /** One of so many equal parts of it. */
  dividedBy(parts: number): RequestShare {
    return RequestShare.#reduced(this.#numerator, this.#denominator * BigInt(parts));
  }

  /** This share and another one. */
  plus(other: RequestShare): RequestShare {
    return RequestShare.#reduced(
      this.#numerator * other.#denominator + other.#numerator * this.#denominator,
      this.#denominator * other.#denominator,
    );
  }

  toString(): string {
    return `${this.#numerator}/${this.#denominator}`;
  }

  static #reduced(numerator: bigint, denominator: bigint): RequestShare {
    let [a, b] = [numerator, denominator];
    while (b !== 0n) [a, b] = [b, a % b];
    return new RequestShare(numerator / a, denominator / a);
  }
}
