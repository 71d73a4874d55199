/**
 * Every symbol that a package exports from one of its files has a doc comment right above it, and in a port so
 * has every member of its interfaces: there the comments are the contract. Lists that re-export are exempt.
 */
import { isTest } from "./repository.mjs";

const PACKAGE_SOURCE = /^packages\/[^/]+\/src\//;

/** @see ../fences.mjs for the shape of a fence. */
export const docs = {
  rule: "docs",
  unit: "exported declarations",
  check({ sources }, report) {
    let seen = 0;
    for (const source of sources) {
      if (!PACKAGE_SOURCE.test(source.path) || isTest(source.path)) continue;
      for (const { name, node, declaration } of exported(source.program)) {
        seen++;
        requireDoc(source, node, `"${name}"`, report);
        if (source.path.endsWith(".port.ts") && declaration.type === "TSInterfaceDeclaration")
          for (const member of distinct(declaration.body.body, nameOfMember))
            requireDoc(source, member.node, `"${name}.${member.name}"`, report);
      }
    }
    return seen;
  },
};

function requireDoc(source, node, name, report) {
  if (!hasDoc(source, node.start))
    report(
      `${source.path}:${source.lineAt(node.start)}`,
      `${name} has no doc comment`,
      "say above it what it does, its units, defaults and errors",
    );
}

/** Whether a non-empty doc comment ends right above the offset; line comments may stand between. */
function hasDoc({ text, comments }, offset) {
  let end = offset;
  for (const comment of comments.filter((candidate) => candidate.end <= offset).reverse()) {
    if (text.slice(comment.end, end).trim() !== "") return false;
    if (comment.type === "Block") return comment.value.startsWith("*") && /\w/.test(comment.value);
    end = comment.start;
  }
  return false;
}

/** The declarations a module exports, by name; overloads count once. */
function exported(program) {
  const declarations = program.body.map((statement) => ({
    statement,
    declaration: statement.declaration ?? statement,
    isExported: statement.type.startsWith("Export"),
  }));
  const listed = program.body.flatMap((statement) =>
    statement.type === "ExportNamedDeclaration" && statement.source === null
      ? statement.specifiers.map(({ local }) => local.name)
      : [],
  );
  const found = declarations.flatMap(({ statement, declaration, isExported }) =>
    namesOf(declaration)
      .filter((name) => (isExported && statement.declaration != null) || listed.includes(name))
      .map((name) => ({ name, node: statement, declaration })),
  );
  return distinct(found, ({ name }) => name).map(({ node }) => node);
}

function namesOf(declaration) {
  if (declaration.type === "VariableDeclaration")
    return declaration.declarations.map(({ id }) => id.name ?? "destructured names");
  if (/^(?:Export|Import)/.test(declaration.type)) return [];
  if (/(?:Declaration|Declare\w+|TSDeclareFunction)$/.test(declaration.type))
    return [declaration.id?.name ?? "default"];
  return /Expression$/.test(declaration.type) ? ["default"] : [];
}

const nameOfMember = ({ type, key }) =>
  type === "TSCallSignatureDeclaration"
    ? "()"
    : type === "TSConstructSignatureDeclaration"
      ? "new"
      : type === "TSIndexSignature"
        ? "[]"
        : (key?.name ?? key?.value ?? key?.property?.name ?? "member");

/** The first of each name. */
function distinct(nodes, nameOf) {
  const first = new Map();
  for (const node of nodes) if (!first.has(nameOf(node))) first.set(nameOf(node), node);
  return [...first].map(([name, node]) => ({ name, node }));
}
