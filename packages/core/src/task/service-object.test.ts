import { describe, expect, test } from "vitest";
import { failureOf } from "../../test-support/failure.ts";
import { ServiceObject } from "./service-object.ts";

const namesOf = (instance: unknown) => [...new ServiceObject(instance).methods.keys()].sort();

/** Runs a method by its name. */
function run(instance: object, name: string, args: readonly unknown[], context: unknown = "context") {
  const object = new ServiceObject(instance);
  const method = object.methods.get(name);
  if (method === undefined) throw new Error(`no method ${name}`);
  return object.run(method, args, context);
}

describe("the methods that can be called", () => {
  test("are those of an object and of its classes", () => {
    class Base {
      one() {}
    }
    class Middle extends Base {
      two() {}
    }
    class Service extends Middle {
      three() {}
      four = () => 4;
    }

    expect(namesOf(new Service())).toEqual(["four", "one", "three", "two"]);
  });

  test("are the functions of a plain object, and of one without a prototype", () => {
    const plain = { process() {}, find: async () => 1, limit: 5, nothing: undefined };

    expect(namesOf(plain)).toEqual(["find", "process"]);
    expect(namesOf(Object.assign(Object.create(null), plain))).toEqual(["find", "process"]);
  });

  test("are none of an object without any", () => {
    expect([namesOf({}), namesOf(new (class {})()), namesOf([]).includes("push")]).toEqual([[], [], true]);
  });

  test("are no accessors, which nobody reads", () => {
    let read = 0;
    class Service {
      get own() {
        read++;
        return () => 1;
      }
      set written(_: unknown) {
        read++;
      }
      static made() {}
      process() {}
    }
    const instance = Object.defineProperty(new Service(), "other", {
      enumerable: true,
      get: () => {
        read++;
        return () => 1;
      },
    });

    expect([namesOf(instance), read]).toEqual([["process"], 0]);
  });

  test("are none with a symbol or a private name", () => {
    class Service {
      #secret() {}
      [Symbol.iterator]() {}
      async *[Symbol.asyncIterator]() {}
      process() {
        return this.#secret();
      }
    }

    expect(namesOf(new Service())).toEqual(["process"]);
  });

  test("are none whose name begins with an underscore", () => {
    class Service {
      _hidden() {}
      __proto() {}
      _ = () => 1;
      shown_() {}
    }

    expect(namesOf(new Service())).toEqual(["shown_"]);
  });

  test("are no hooks, wherever these are defined", () => {
    class Base {
      setup() {}
      stop() {}
    }
    class Service extends Base {
      start() {}
      cleanup = () => undefined;
      healthCheck() {}
      process() {}
    }
    const object = new ServiceObject(new Service());

    expect([...object.methods.keys()]).toEqual(["process"]);
    for (const hook of ["setup", "start", "stop", "cleanup", "healthCheck"] as const) {
      expect(object.hooks[hook]).toBeTypeOf("function");
    }
  });

  test.each([...Object.getOwnPropertyNames(Object.prototype), "then"])(
    "are not called %s, even where the service has its own",
    (name) => {
      const own = Object.defineProperty({ process() {} }, name, { value: () => 1, enumerable: true });
      class Service {
        process() {}
      }
      Object.defineProperty(Service.prototype, name, { value: () => 1, enumerable: true });

      for (const instance of [own, new Service(), new (class extends Service {})()]) {
        expect(namesOf(instance)).toEqual(["process"]);
        expect(new ServiceObject(instance).methods.get(name)).toBeUndefined();
      }
    },
  );

  test("are found by no name that a map inherits", () => {
    const { methods } = new ServiceObject({ process() {} });

    for (const name of ["__proto__", "constructor", "size", "get", "toString"]) {
      expect(methods.get(name)).toBeUndefined();
    }
  });

  test("are those of the nearest class that defines them", () => {
    class Base {
      process() {
        return "base";
      }
      other() {
        return "other";
      }
    }
    class Service extends Base {
      override process() {
        return `${super.process()} and more`;
      }
    }
    const instance = Object.assign(new Service(), { other: () => "own" });

    expect([run(instance, "process", []), run(instance, "other", [])]).toEqual(["base and more", "own"]);
  });

  test("are none that a subclass has redefined as something else", () => {
    class Base {
      value() {}
      accessor() {}
      gone() {}
      process() {}
    }
    class Service extends Base {}
    Object.defineProperty(Service.prototype, "accessor", { get: () => () => 1, configurable: true });
    Object.defineProperty(Service.prototype, "gone", { value: undefined, configurable: true });
    const instance = Object.defineProperty(new Service(), "value", { value: 5 });

    expect(namesOf(instance)).toEqual(["process"]);
  });

  test("stay as they were when the instance was made", () => {
    const instance: Record<string, unknown> = { process: () => 1 };
    const object = new ServiceObject(instance);
    instance.later = () => 2;
    instance.process = () => 3;

    expect([[...object.methods.keys()], object.methods.get("process")?.()]).toEqual([["process"], 1]);
  });
});

describe("a method runs", () => {
  test("on its instance, with what the caller has sent", () => {
    class Service {
      readonly base = 10;
      add(...numbers: number[]) {
        return numbers.reduce((sum, n) => sum + n, this.base);
      }
    }

    expect(run(new Service(), "add", [1, 2, 3])).toBe(16);
  });

  test.each<[string, (...args: never[]) => unknown, readonly unknown[], readonly unknown[]]>([
    ["a last parameter that is free", (...a: unknown[]) => a, [], []],
    ["two parameters and one argument", (a: unknown, ctx: unknown) => [a, ctx], [1], [1, "context"]],
    ["one parameter and no argument", (ctx: unknown) => [ctx], [], ["context"]],
    ["two parameters and two arguments", (a: unknown, b: unknown) => [a, b], [1, 2], [1, 2]],
    ["two parameters and no argument", (a: unknown, b: unknown) => [a, b], [], [undefined, undefined]],
    ["one parameter and two arguments", (a: unknown) => [a], [1, 2], [1]],
    ["an argument of undefined", (a: unknown) => [a], [undefined], [undefined]],
  ])("with its context in a last parameter that is free only: %s", (_, process, args, seen) => {
    expect(run({ process }, "process", args)).toEqual(seen);
  });

  test("with no context in a parameter that has a default or takes the rest", () => {
    const withDefault = (a: unknown, b: unknown = "default") => [a, b];
    const withRest = (a: unknown, ...rest: unknown[]) => [a, rest];

    expect(run({ withDefault }, "withDefault", [1])).toEqual([1, "default"]);
    expect(run({ withRest }, "withRest", [1])).toEqual([1, []]);
  });

  test("without changing the caller's arguments", () => {
    const args = Object.freeze([1]);

    expect([run({ process: (a: unknown, ctx: unknown) => [a, ctx] }, "process", args), args]).toEqual([
      [1, "context"],
      [1],
    ]);
  });

  test("and throws what it throws", () => {
    const boom = new Error("boom");
    const process = () => {
      throw boom;
    };

    expect(() => run({ process }, "process", [])).toThrow(boom);
  });
});

describe("what is no object", () => {
  test.each([undefined, null, 5, "service", true, Symbol("s"), () => ({})])(
    "is no service: %s",
    (instance) => {
      expect(failureOf(() => new ServiceObject(instance))).toMatchObject({
        code: "INVALID_OPTION",
        details: { path: "service", expected: "an object with methods" },
      });
    },
  );
});
