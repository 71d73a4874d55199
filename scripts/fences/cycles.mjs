/** No import cycles, type-only ones included, within and between workspaces. */
import { resolveImport } from "./resolve.mjs";

/** @see ../fences.mjs for the shape of a fence. */
export const cycles = {
  rule: "cycles",
  unit: "modules",
  check(repository, report) {
    const graph = new Map(
      repository.sources.map((source) => [source.path, targets(repository, source, report)]),
    );
    for (const circle of circles(graph)) {
      report(
        circle[0],
        `import cycle ${[...circle, circle[0]].join(" -> ")}`,
        "move what both need into a third file, or turn one import into a parameter",
      );
    }
    return graph.size;
  },
};

function targets(repository, { path, imports }, report) {
  return imports.flatMap(({ specifier, line }) => {
    const target = resolveImport(repository, path, specifier);
    const built = target.path?.split("/").includes("dist");
    if (target.kind === "file" && !target.found && !built)
      report(`${path}:${line}`, `"${specifier}" leads to no file`, "correct the path, with its extension");
    return target.path === undefined ? [] : [target.path];
  });
}

/** The circles a depth-first search runs into: none exactly when the graph has none. */
function circles(graph) {
  const done = new Set();
  const found = [];
  for (const start of graph.keys()) {
    if (done.has(start)) continue;
    const trail = [];
    const onTrail = new Map();
    const stack = [{ node: start, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.next === 0) {
        onTrail.set(top.node, trail.length);
        trail.push(top.node);
      }
      const target = graph.get(top.node)[top.next++];
      if (target === undefined) {
        stack.pop();
        trail.pop();
        onTrail.delete(top.node);
        done.add(top.node);
      } else if (onTrail.has(target)) found.push(trail.slice(onTrail.get(target)));
      else if (graph.has(target) && !done.has(target)) stack.push({ node: target, next: 0 });
    }
  }
  return found;
}
