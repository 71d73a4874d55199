import { describeValue, SageError } from "../errors/sage-error.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { ListCell } from "../state/list-cell.ts";
import type { MapCell } from "../state/map-cell.ts";
import { cellCodec, type StateOptions } from "../state/state-codec.ts";
import { KeyedCounter } from "./keyed-counter.ts";
import { KeyedList } from "./keyed-list.ts";
import { KeyedMap } from "./keyed-map.ts";
import { KeyedValue } from "./keyed-value.ts";
import type { CounterState, ListState, MapState, StateAccess, ValueState } from "./state-access.ts";
import { requireState, type StateScope } from "./state-scope.ts";
import { StateSlot } from "./state-slot.ts";

type Kind = "value" | "list" | "map" | "counter";

/** Options without the type of the values. */
interface Choice {
  readonly codec?: unknown;
  readonly schema?: unknown;
  readonly ttlMs?: number;
}

interface Known extends Choice {
  readonly kind: Kind;
  readonly handle: unknown;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Keeps the tables of users apart from the runtime's own, which begin with `$`. */
const prefix = "user/";
const noOptions = Object.freeze({});

/** The state that one context shows to user code. A name has one handle, which follows the scope's key. */
export class StateHandles implements StateAccess {
  readonly #scope: StateScope;
  readonly #known = new Map<string, Known>();

  constructor(scope: StateScope) {
    this.#scope = scope;
  }

  value<T>(name: string, options: StateOptions<T> = noOptions): ValueState<T> {
    const known = this.#find("value", name, options) as ValueState<T> | undefined;
    if (known !== undefined) return known;
    const slot = this.#open<unknown>("value", name, options);
    return this.#keep("value", name, options, new KeyedValue(slot, cellCodec(name, options)));
  }

  list<T>(name: string, options: StateOptions<T> = noOptions): ListState<T> {
    const known = this.#find("list", name, options) as ListState<T> | undefined;
    if (known !== undefined) return known;
    const slot = this.#open<ListCell<unknown>>("list", name, options);
    return this.#keep("list", name, options, new KeyedList(slot, cellCodec(name, options)));
  }

  map<K extends PartitionKey, V>(name: string, options: StateOptions<V> = noOptions): MapState<K, V> {
    const known = this.#find("map", name, options) as MapState<K, V> | undefined;
    if (known !== undefined) return known;
    const slot = this.#open<MapCell<unknown>>("map", name, options);
    return this.#keep("map", name, options, new KeyedMap<K, V>(name, slot, cellCodec(name, options)));
  }

  counter(name: string, options: Pick<StateOptions<number>, "ttlMs"> = noOptions): CounterState {
    const known = this.#find("counter", name, options) as CounterState | undefined;
    if (known !== undefined) return known;
    const slot = this.#open<number>("counter", name, options);
    return this.#keep("counter", name, options, new KeyedCounter(name, slot));
  }

  /** The handle of a name that was used before. */
  #find(kind: Kind, name: string, { codec, schema, ttlMs }: Choice): unknown {
    requireState(this.#scope);
    const known = this.#known.get(name);
    if (known === undefined) return undefined;
    if (known.kind !== kind) throw this.#twoKinds(name, known.kind, kind);
    if (known.codec === codec && known.schema === schema && known.ttlMs === ttlMs) return known.handle;
    throw this.#refusal(
      `"${name}" has other options here than before. Use the same codec, schema and ttlMs each time; make codec and schema once, outside of the function`,
    );
  }

  /** The place of a name that was not used before. */
  #open<C>(kind: Kind, name: string, { ttlMs }: Choice): StateSlot<C> {
    if (typeof name !== "string" || !namePattern.test(name)) {
      const expected = "1 to 64 letters, digits, '-', '_' and '.', beginning with a letter or digit";
      throw invalid(`${kind}(name)`, name, expected);
    }
    if (ttlMs !== undefined && !(Number.isFinite(ttlMs) && ttlMs > 0)) {
      throw invalid(`${kind}('${name}').ttlMs`, ttlMs, "a number of ms above 0");
    }
    const { tables } = this.#scope;
    const first = tables.declare(prefix + name, kind);
    if (first !== kind) throw this.#twoKinds(name, first, kind);
    return new StateSlot(this.#scope, tables.table(prefix + name), ttlMs);
  }

  #keep<H>(kind: Kind, name: string, { codec, schema, ttlMs }: Choice, handle: H): H {
    this.#known.set(name, { kind, codec, schema, handle, ...(ttlMs !== undefined && { ttlMs }) });
    return handle;
  }

  #twoKinds(name: string, first: string, second: Kind): SageError {
    return this.#refusal(`"${name}" is a ${first} already and cannot be a ${second} too. Use another name`);
  }

  #refusal(problem: string): SageError {
    return new SageError("STATE_UNAVAILABLE", { step: this.#scope.step, problem });
  }
}

function invalid(path: string, got: unknown, expected: string): SageError {
  return new SageError("INVALID_OPTION", { path, problem: `is ${describeValue(got)}`, expected });
}
