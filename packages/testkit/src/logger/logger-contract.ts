import assert from "node:assert/strict";
import type { LogFields } from "@sage-kernel/core/spi";
import type { Contract, ContractCase } from "../contract/contract.ts";
import type { LoggerSubject } from "./logger-subject.ts";

const levels = ["debug", "info", "warn", "error"] as const;

/** What has been thrown somewhere, and what nobody would throw. */
function oddErrors(): unknown[] {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const own = new Error("its own cause");
  own.cause = own;
  const guarded = {
    get message(): string {
      throw new Error("nobody may look");
    },
  };
  return [null, "text", 7, Symbol("s"), circle, own, guarded, () => 1, 10n];
}

const cases: readonly ContractCase<LoggerSubject>[] = [
  {
    id: "LOG-01",
    title: "a line has its level, its message and its fields, and is written once",
    async run({ logger, lines }) {
      for (const level of levels)
        logger[level](`a ${level}`, { of: level, n: 1, nested: { list: [1, "2"] } });

      const written = await lines();
      assert.deepEqual(
        written.map(({ level, message, fields }) => ({ level, message, fields })),
        levels.map((level) => ({
          level,
          message: `a ${level}`,
          fields: { of: level, n: 1, nested: { list: [1, "2"] } },
        })),
      );
    },
  },
  {
    id: "LOG-02",
    title: "a message that is a function is called once, for the line that it is for",
    async run({ logger, lines }) {
      let called = 0;
      for (const level of levels) logger[level](() => `message ${++called}`);

      assert.deepEqual(
        (await lines()).map(({ message }) => message),
        ["message 1", "message 2", "message 3", "message 4"],
      );
      assert.equal(called, 4);
    },
  },
  {
    id: "LOG-03",
    title: "below its level nothing is written, and no message is built",
    needs: ["levels"],
    async run({ errorsOnly, lines }) {
      let called = 0;
      const child = errorsOnly?.child({ of: "child" });
      for (const logger of [errorsOnly, child]) {
        for (const level of ["debug", "info", "warn"] as const) logger?.[level](() => `${++called}`);
        logger?.error("an error");
      }

      assert.equal(called, 0);
      assert.deepEqual(
        (await lines()).map(({ level, message }) => [level, message]),
        [
          ["error", "an error"],
          ["error", "an error"],
        ],
      );
    },
  },
  {
    id: "LOG-04",
    title:
      "a child adds its fields to those of its parent, the line's own come over both, and the parent has none of them",
    async run({ logger, lines }) {
      const child = logger.child({ job: "j", step: "s" });
      const grandchild = child.child({ step: "t", part: "t#0" });
      grandchild.info("grandchild", { part: "own", n: 1 });
      child.info("child");
      logger.info("parent", { n: 2 });

      assert.deepEqual(
        (await lines()).map(({ fields }) => fields),
        [{ job: "j", step: "t", part: "own", n: 1 }, { job: "j", step: "s" }, { n: 2 }],
      );
    },
  },
  {
    id: "LOG-05",
    title: "an error is told with its causes",
    async run({ logger, lines }) {
      const root = new Error("the disk is full");
      logger.child({ job: "j" }).error("a step failed", {
        error: new Error("cannot write", { cause: new Error("no room", { cause: root }) }),
        step: "s",
      });

      const [line] = await lines();
      assert.deepEqual(line?.fields, { job: "j", step: "s" });
      const told = line?.errors.join(" | ") ?? "";
      let at = -1;
      for (const message of ["cannot write", "no room", "the disk is full"]) {
        const next = told.indexOf(message, at + 1);
        assert.ok(next > at, `"${message}" is missing, or out of order, in "${told}"`);
        at = next;
      }
    },
  },
  {
    id: "LOG-06",
    title: "whatever was thrown can be logged, and the line is written",
    async run({ logger, lines }) {
      const errors = oddErrors();
      for (const [n, error] of errors.entries()) logger.warn(`line ${n}`, { error, n });

      const written = await lines();
      assert.deepEqual(
        written.map(({ message, fields }) => [message, fields.n]),
        errors.map((_, n) => [`line ${n}`, n]),
      );
    },
  },
  {
    id: "LOG-07",
    title: "fields that are called like parts of a line change neither its level nor its message",
    async run({ logger, lines }) {
      const fields: LogFields = { level: 10, message: "no", msg: "no", time: 0 };
      logger.child({ level: "fatal", msg: "no" }).warn("yes", fields);

      const written = await lines();
      assert.deepEqual(
        written.map(({ level, message }) => [level, message]),
        [["warn", "yes"]],
      );
    },
  },
  {
    id: "LOG-08",
    title: "lines stay in the order of their calls, whichever child they come from",
    async run({ logger, lines }) {
      const children = [logger, logger.child({ a: 1 }), logger.child({ b: 2 })];
      for (let n = 0; n < 30; n++) children[n % 3]?.[levels[n % 4] as "info"](`${n}`);

      assert.deepEqual(
        (await lines()).map(({ message }) => Number(message)),
        Array.from({ length: 30 }, (_, n) => n),
      );
    },
  },
];

/** The promises of the `Logger` port. */
export const loggerContract: Contract<LoggerSubject> = { name: "Logger", cases };
