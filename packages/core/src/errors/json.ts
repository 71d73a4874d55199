/** Any value that `JSON.stringify` and `JSON.parse` carry without loss. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A JSON object: what error details, log fields and descriptors are made of. */
export type JsonObject = { readonly [key: string]: JsonValue };
