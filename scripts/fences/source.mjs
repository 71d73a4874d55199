/** One parsed source file: its syntax tree, its comments and what it imports. */
import { parseSync } from "vite";

/** Parses TypeScript or JavaScript. Never throws: what does not parse is in `errors`. */
export function parseSource(path, text) {
  const lang = path.endsWith(".d.ts") ? "dts" : path.endsWith("ts") ? "ts" : "js";
  const { program, comments, errors } = parseSync(path, text, { lang, sourceType: "module" });
  const lineAt = (offset) => text.slice(0, offset).split("\n").length;
  return {
    path,
    text,
    program,
    comments,
    lineAt,
    errors: errors.map(({ message }) => message),
    imports: imports(program, lineAt),
  };
}

/** Calls `visit(node, parent)` on every node of a syntax tree, parents first. */
export function walk(node, visit, parent = undefined) {
  visit(node, parent);
  for (const key in node) {
    const value = node[key];
    if (Array.isArray(value)) for (const item of value) walkChild(item, visit, node);
    else walkChild(value, visit, node);
  }
}

function walkChild(value, visit, parent) {
  if (value !== null && typeof value === "object" && typeof value.type === "string")
    walk(value, visit, parent);
}

/**
 * Everything a file imports: `{ specifier, typeOnly, line }`. The specifier of an import whose target is
 * computed is undefined. `import { type A } from "x"` still loads "x" (`verbatimModuleSyntax`), so only
 * `import type` and `export type` are type-only.
 */
function imports(program, lineAt) {
  const found = [];
  const add = (node, target, typeOnly) =>
    found.push({ specifier: literal(target), typeOnly, line: lineAt(node.start) });
  walk(program, (node) => {
    switch (node.type) {
      case "ImportDeclaration":
        return add(node, node.source, node.importKind === "type");
      case "ExportAllDeclaration":
        return add(node, node.source, node.exportKind === "type");
      case "ExportNamedDeclaration":
        return node.source ? add(node, node.source, node.exportKind === "type") : undefined;
      case "ImportExpression":
        return add(node, node.source, false);
      case "TSImportType":
        return add(node, node.source, true);
      case "TSExternalModuleReference":
        return add(node, node.expression, false);
      case "TSModuleDeclaration":
        return node.id.type === "Literal" ? add(node, node.id, true) : undefined;
      case "CallExpression":
        return isRequire(node) ? add(node, node.arguments[0], false) : undefined;
    }
  });
  return found;
}

const isRequire = ({ callee, arguments: args }) =>
  callee.type === "Identifier" && callee.name === "require" && args.length === 1;

function literal(node) {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type === "TemplateLiteral" && node.expressions.length === 0) return node.quasis[0].value.cooked;
  return undefined;
}
