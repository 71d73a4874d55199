/**
 * Core takes time, chance and output from its ports. Most of the host does not even compile there
 * (`lib: ["es2023"]`, `types: []`); this fence also bans the parts of the language that leak it, and the
 * ways around the compiler.
 *
 * A `Date` that is given is data (it may be cloned, compared and written): only one that asks for the present
 * time is refused.
 */
import { isTest } from "./repository.mjs";
import { walk } from "./source.mjs";

const CORE = "packages/core/src/";
const HOST = new Map([
  ...["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval"].map((name) => [
    name,
    "Clock",
  ]),
  ...["performance", "queueMicrotask"].map((name) => [name, "Clock or Scheduler"]),
  ["console", "Logger"],
  ["crypto", "Random or IdSource"],
  ...["process", "globalThis", "global", "Buffer", "fetch"].map((name) => [name, "a port of your own"]),
]);

/** @see ../fences.mjs for the shape of a fence. */
export const host = {
  rule: "host",
  unit: "core modules",
  check({ sources }, report) {
    const core = sources.filter(({ path }) => path.startsWith(CORE) && !isTest(path));
    for (const source of core) {
      for (const { start, name, port } of findings(source.program))
        report(
          `${source.path}:${source.lineAt(start)}`,
          `uses ${name}`,
          `take ${port} from core/src/host instead`,
        );
      for (const { value, start } of source.comments)
        if (/^\/\s*<reference\s+(?:types|lib|path)\b/.test(value))
          report(
            `${source.path}:${source.lineAt(start)}`,
            "references ambient types",
            "declare the port that you need",
          );
    }
    return core.length;
  },
};

function findings(program) {
  const own = declaredNames(program);
  const found = [];
  walk(program, (node, parent) => {
    if (node.type !== "Identifier" || own.has(node.name) || !isValue(node, parent)) return;
    const add = (name, port) => found.push({ start: node.start, name, port });
    if (HOST.has(node.name)) add(node.name, HOST.get(node.name));
    else if (node.name === "Date" && !isGivenDate(node, parent)) add("Date as a clock", "Clock");
    else if (node.name === "Math" && !isPureMath(node, parent)) add("Math.random", "Random");
  });
  return found;
}

/** Names that a file binds itself anywhere: a parameter called `process` is not the host's. */
function declaredNames(program) {
  const names = new Set();
  const bind = (pattern) => {
    if (pattern == null) return;
    if (pattern.type === "Identifier") names.add(pattern.name);
    else if (pattern.type === "AssignmentPattern") bind(pattern.left);
    else if (pattern.type === "RestElement") bind(pattern.argument);
    else if (pattern.type === "TSParameterProperty") bind(pattern.parameter);
    else if (pattern.type === "ArrayPattern") pattern.elements.forEach(bind);
    else if (pattern.type === "ObjectPattern")
      for (const part of pattern.properties) bind(part.value ?? part);
  };
  walk(program, (node) => {
    if (
      node.type === "VariableDeclarator" ||
      /^(?:Function|Class)(?:Declaration|Expression)$/.test(node.type)
    )
      bind(node.id);
    if (/^Import\w*Specifier$/.test(node.type)) bind(node.local);
    if (node.type === "CatchClause") bind(node.param);
    if (Array.isArray(node.params)) node.params.forEach(bind);
  });
  return names;
}

/** Whether an identifier stands for a value, and not for a property, a member or a type. */
function isValue(node, parent) {
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed;
    case "Property":
      return parent.computed || parent.shorthand || parent.value === node;
    case "MethodDefinition":
    case "PropertyDefinition":
    case "AccessorProperty":
      return parent.computed || parent.value === node;
    case "ImportSpecifier":
    case "ExportSpecifier":
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
      return false;
    default:
      return !parent.type.startsWith("TS") || /^TS(?:As|NonNull|Satisfies|TypeAssertion)/.test(parent.type);
  }
}

function isGivenDate(node, parent) {
  if (parent.type === "BinaryExpression") return parent.operator === "instanceof" && parent.right === node;
  if (parent.type === "NewExpression") return parent.callee === node && parent.arguments.length > 0;
  return parent.type === "MemberExpression" && !parent.computed && parent.property.name === "prototype";
}

function isPureMath(node, parent) {
  if (parent.type !== "MemberExpression" || parent.object !== node) return false;
  const name = parent.computed ? parent.property.value : parent.property.name;
  return typeof name === "string" && name !== "random";
}
