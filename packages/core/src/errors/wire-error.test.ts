import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasCode, isSageError, SageError } from "./sage-error.ts";
import { decodeError, encodeError, type WireError } from "./wire-error.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const overTheWire = (thrown: unknown) => decodeError(JSON.parse(JSON.stringify(encodeError(thrown))));

function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let e = error; e instanceof Error && e.cause !== undefined; e = e.cause) chain.push(e.cause);
  return chain;
}

function chainOf(length: number): Error {
  let error = new Error("root");
  for (let i = 0; i < length; i++) error = new Error(`level ${i}`, { cause: error });
  return error;
}

describe("a kernel error that crosses the wire", () => {
  const facts = { node: "map-2#0", phase: "execute", position: "3:17", reason: "boom" };

  test("keeps name, message, code, kind, details and stack", () => {
    const error = new SageError("OPERATOR_FAILED", facts);
    const copy = overTheWire(error);

    expect(hasCode(copy, "OPERATOR_FAILED")).toBe(true);
    expect(copy).toMatchObject({
      name: "SageError",
      message: error.message,
      code: "OPERATOR_FAILED",
      kind: "failed",
      details: facts,
      stack: error.stack,
    });
  });

  test("keeps its chain of causes, foreign links included", () => {
    const root = new RangeError("root");
    const middle = new SageError("OPERATOR_FAILED", facts, { cause: root });
    const copy = overTheWire(new SageError("CANCELLED", { what: "Job" }, { cause: middle }));
    const [first, second, ...rest] = causesOf(copy) as Error[];

    expect(hasCode(first, "OPERATOR_FAILED")).toBe(true);
    expect(second).toMatchObject({ name: "RangeError", message: "root", stack: root.stack });
    expect(rest).toEqual([]);
  });
});

describe("a foreign error that crosses the wire", () => {
  test("keeps name, message and stack, and stays foreign", () => {
    class PaymentError extends Error {
      override readonly name = "PaymentError";
    }
    const error = new PaymentError("declined");
    const copy = overTheWire(error);

    expect(copy).toMatchObject({ name: "PaymentError", message: "declined", stack: error.stack });
    expect(isSageError(copy)).toBe(false);
  });

  test("comes back as a plain Error: no class is revived by its name", () => {
    const copy = overTheWire(new TypeError("t"));

    expect(Object.getPrototypeOf(copy)).toBe(Error.prototype);
    expect(copy.name).toBe("TypeError");
  });

  test.each([
    ["words", "words"],
    [42, "the number 42"],
    [null, "null"],
    [undefined, "undefined"],
  ])("what was thrown and is no error, %o, becomes an error that describes it", (thrown, message) => {
    expect(overTheWire(thrown)).toMatchObject({ name: "NonError", message });
  });
});

describe("an untrusted wire error", () => {
  const wire = (code: string): WireError => ({ name: "E", message: "m", code: code as never });

  test.each([["NO_SUCH_CODE"], ["constructor"], ["__proto__"], ["toString"], [""]])(
    "with the unknown code %o is no kernel error",
    (code) => {
      const error = decodeError(wire(code));

      expect(isSageError(error)).toBe(false);
      expect(error).not.toHaveProperty("code");
    },
  );

  test("gets its kind from the catalog, not from the wire", () => {
    const error = decodeError({ ...wire("QUEUE_CLOSED"), kind: "usage" } as WireError);

    expect(error).toMatchObject({ code: "QUEUE_CLOSED", kind: "closed" });
  });
});

describe("bounds of an encoded error", () => {
  test.each([0, 1, 7, 8])("a chain of %i causes is kept whole", (length) => {
    expect(causesOf(overTheWire(chainOf(length)))).toHaveLength(length);
  });

  test("of a longer chain the first eight causes are kept", () => {
    expect(causesOf(overTheWire(chainOf(50)))).toHaveLength(8);
  });

  test("a cause that leads back to its error ends too", () => {
    const error: Error = new Error("snake");
    error.cause = error;

    expect(causesOf(overTheWire(error))).toHaveLength(8);
  });

  test("a long stack is cut to 8 KiB", () => {
    const error = new Error("deep");
    error.stack = "s".repeat(100_000);

    expect(encodeError(error).stack).toHaveLength(8192);
  });

  test("a missing stack stays missing in the encoding", () => {
    const error = new Error("bare");
    Reflect.deleteProperty(error, "stack");
    Object.defineProperty(error, "stack", { value: undefined });

    expect("stack" in encodeError(error)).toBe(false);
  });
});

test("encoding what was decoded gives the same wire error", () => {
  const wireError = fc.letrec<{ error: WireError }>((tie) => ({
    error: fc.oneof(
      { maxDepth: 6 },
      fc.record({ name: fc.string(), message: fc.string(), stack: fc.string() }),
      fc.record({ name: fc.string(), message: fc.string(), stack: fc.string(), cause: tie("error") }),
    ),
  })).error;
  fc.assert(
    fc.property(wireError, (wire) => {
      expect(encodeError(decodeError(wire))).toEqual(wire);
    }),
  );
});
