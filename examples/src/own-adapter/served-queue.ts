/** A record or a stop signal, as it crosses the process boundary. The server never looks into it. */
export interface Element {
  readonly isRecord: boolean;
  readonly fields: readonly unknown[];
}

/** What a take gets. */
export interface Taken {
  readonly elements: readonly Element[];
  readonly position: number;
  readonly done: boolean;
}

/** Answers a call: with a value, or with why it is refused: `closed`, `aborted`, `busy`. */
export type Reply = (call: number, value?: Taken | number, refusal?: string) => void;

/** A queue in the server: a list of elements, of which the first `taken` were handed out and not committed. */
export class ServedQueue {
  readonly #capacity: number;
  readonly #reply: Reply;
  #elements: Element[] = [];
  #taken = 0;
  /** Elements committed so far; a position is a number of elements since the beginning. */
  #committed = 0;
  #puts: { readonly call: number; readonly elements: Element[] }[] = [];
  #take: { readonly call: number; readonly max: number } | undefined;
  #closed = false;

  constructor(capacity: number, reply: Reply) {
    this.#capacity = capacity;
    this.#reply = reply;
  }

  /** Records inside, taken ones included. */
  get size(): number {
    return this.#elements.filter(({ isRecord }) => isRecord).length;
  }

  put(call: number, elements: Element[]): void {
    if (this.#closed) this.#reply(call, undefined, "closed");
    else this.#puts.push({ call, elements });
    this.#move();
  }

  take(call: number, max: number): void {
    if (this.#take !== undefined) this.#reply(call, undefined, "busy");
    else this.#take = { call, max };
    this.#move();
  }

  advance(position: number): void {
    const count = Math.max(0, position - this.#committed);
    this.#elements = this.#elements.slice(count);
    this.#committed += count;
    this.#taken -= count;
    this.#move();
  }

  rewind(): void {
    this.#taken = 0;
    this.#move();
  }

  /** Gives up a put, as far as it is not in, or a take; whatever was answered meanwhile stays as it is. */
  abort(call: number): void {
    const puts = this.#puts.filter((put) => put.call !== call);
    if (puts.length < this.#puts.length || this.#take?.call === call) this.#reply(call, undefined, "aborted");
    this.#puts = puts;
    if (this.#take?.call === call) this.#take = undefined;
    this.#move();
  }

  close(): void {
    this.#closed = true;
    for (const { call } of this.#puts.splice(0)) this.#reply(call, undefined, "closed");
    this.#move();
  }

  /** Lets waiting puts in, in their order, as far as there is room, and answers a take that waits. */
  #move(): void {
    let room = this.#capacity - this.size;
    for (let put = this.#puts[0]; put !== undefined; put = this.#puts[0]) {
      const end = put.elements.findIndex(({ isRecord }) => isRecord && room-- <= 0); // stop signals need no room
      this.#elements.push(...put.elements.splice(0, end < 0 ? put.elements.length : end));
      if (end >= 0) break;
      this.#puts.shift();
      this.#reply(put.call);
    }
    this.#deliver();
  }

  #deliver(): void {
    const ready = this.#elements.slice(this.#taken);
    if (this.#take === undefined || (ready.length === 0 && !this.#closed)) return;
    const { call, max } = this.#take;
    let records = 0;
    const end = ready.findIndex(({ isRecord }) => isRecord && ++records > max);
    const elements = end < 0 ? ready : ready.slice(0, end);
    this.#take = undefined;
    this.#taken += elements.length;
    const done = this.#closed && elements.length === 0;
    this.#reply(call, { elements, position: this.#committed + this.#taken, done });
  }
}
