import type { JsonValue } from "../errors/json.ts";
import { describeValue } from "../errors/sage-error.ts";
import { decodePayload, encodePayload } from "../packet/json-payload.ts";
import { checkKey, type PartitionKey } from "../packet/partition-key.ts";
import { itemsOf, malformed, pairOf, tagged, taggedIn } from "../packet/tagged-json.ts";
import { Expiring } from "./expiring.ts";
import { ListCell } from "./list-cell.ts";
import { MapCell } from "./map-cell.ts";
import type { StateKey } from "./state-key.ts";

/** What a reduce keeps for an accumulator that is `undefined`. */
const nothing: unique symbol = Symbol.for("@sage-kernel/undefined") as never;

/** Items that one call can take as arguments without a strain on any stack. */
const pieceItems = 1024;

/**
 * Writes what stands in a table of state as JSON. Values are encoded as payloads are, by {@link encodePayload}. These
 * have tags that no payload has:
 *
 * | `$`        | `v`                                                             |
 * | ---------- | --------------------------------------------------------------- |
 * | `ListCell` | its items in order, encoded as payloads                         |
 * | `MapCell`  | in order, pairs of a key of {@link encodeKey} and a value, encoded as a payload |
 * | `Expiring` | when it expires, encoded as a payload, and its cell, encoded    |
 * | `nothing`  | `null`: an accumulator that is `undefined`                      |
 *
 * @param path how the cell is called in errors
 * @throws SageError `NOT_SERIALIZABLE` with the path of the first part that is no data.
 */
export function encodeCell(cell: unknown, path = "cell"): JsonValue {
  if (!(cell instanceof Expiring)) return encodeLasting(cell, path);
  return tagged("Expiring", [encodePayload(cell.expiresAt, path), encodeLasting(cell.cell, path)]);
}

/**
 * Makes the cell that {@link encodeCell} wrote.
 *
 * @param path how the cell is called in errors
 * @throws SageError `SNAPSHOT_INVALID` with the path of the first part that `encodeCell` would not have written.
 */
export function decodeCell(json: JsonValue, path = "cell"): unknown {
  const special = taggedIn(json, path);
  if (special?.$ !== "Expiring") return decodeLasting(json, path);
  const [time, cell] = pairOf(special.v, path);
  const expiresAt = decodePayload(time, `${path}<expiresAt>`);
  if (typeof expiresAt !== "number" || Number.isNaN(expiresAt)) {
    throw malformed(`${path}<expiresAt>`, `is ${describeValue(expiresAt)} instead of a time`);
  }
  return new Expiring(decodeLasting(cell, path), expiresAt);
}

/**
 * Writes a key of a table as JSON: as it is, or as payloads are when it is a bigint or `undefined`. `-0` becomes `0`,
 * which is the same key.
 *
 * @throws SageError `INVALID_KEY` for what cannot be a key.
 */
export function encodeKey(key: StateKey): JsonValue {
  if (key === 0) return 0;
  return encodePayload(key === undefined ? undefined : checkKey(key));
}

/**
 * Makes the key that {@link encodeKey} wrote.
 *
 * @param path how the key is called in errors
 * @throws SageError `SNAPSHOT_INVALID` when it is none.
 */
export function decodeKey(json: JsonValue, path = "key"): StateKey {
  const key = decodePayload(json, path);
  if (key === 0) return 0;
  if (key === undefined || isPartitionKey(key)) return key;
  throw malformed(path, `is ${describeValue(key)} instead of a key`);
}

function isPartitionKey(key: unknown): key is PartitionKey {
  if (typeof key === "number") return Number.isFinite(key);
  return key === null || typeof key === "string" || typeof key === "boolean" || typeof key === "bigint";
}

/** The same for a cell without a time to live; one within another cannot be. */
function encodeLasting(cell: unknown, path: string): JsonValue {
  if (cell === nothing) return tagged("nothing", null);
  if (cell instanceof ListCell) {
    return tagged(
      "ListCell",
      Array.from(cell, (item, i) => encodePayload(item, `${path}[${i}]`)),
    );
  }
  if (cell instanceof MapCell) {
    return tagged(
      "MapCell",
      Array.from(cell as MapCell<unknown>, ([key, value], i) => [
        encodeKey(key),
        encodePayload(value, `${path}<value ${i}>`),
      ]),
    );
  }
  return encodePayload(cell, path);
}

function decodeLasting(json: JsonValue, path: string): unknown {
  const special = taggedIn(json, path);
  switch (special?.$) {
    case "nothing":
      if (special.v !== null) throw malformed(path, `has ${describeValue(special.v)} where there is nothing`);
      return nothing;
    case "ListCell":
      return decodeList(itemsOf(special.v, path), path);
    case "MapCell":
      return decodeMap(itemsOf(special.v, path), path);
    default:
      return decodePayload(json, path);
  }
}

function decodeList(encoded: readonly JsonValue[], path: string): ListCell<unknown> {
  const items = Array.from(encoded, (item, i) => decodePayload(item, `${path}[${i}]`));
  let list: ListCell<unknown> = ListCell.empty;
  for (let from = 0; from < items.length; from += pieceItems) {
    list = list.append(...items.slice(from, from + pieceItems));
  }
  return list;
}

function decodeMap(encoded: readonly JsonValue[], path: string): MapCell<unknown> {
  let map: MapCell<unknown> = MapCell.empty;
  encoded.forEach((entry, i) => {
    const [json, value] = pairOf(entry, `${path}<entry ${i}>`);
    const key = decodeKey(json, `${path}<key ${i}>`);
    if (key === undefined) throw malformed(`${path}<key ${i}>`, "is undefined instead of a key");
    if (map.has(key)) throw malformed(`${path}<key ${i}>`, "is there twice");
    map = map.set(key, decodePayload(value, `${path}<value ${i}>`));
  });
  return map;
}
