/** Port: names for new things. */
export interface IdSource {
  /** A new id, unique in the reach of the adapter, of letters, digits, `-` and `_`; starts with `prefix-`. */
  next(prefix: string): string;
}
