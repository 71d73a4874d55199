import type { EdgeNode, ExecutionGraph, StepNode } from "./execution-graph.ts";

/**
 * A graph as a Mermaid flowchart, one box for each step with its number of instances, one arrow for each edge with its
 * strategy where there is a choice; dead letters and ways back are dotted.
 */
export function toMermaid(graph: ExecutionGraph): string {
  const place = new Map(graph.steps.map((step, i) => [step.id, `s${i}`]));
  const steps = graph.steps.map((step) => `  ${place.get(step.id)}${box(step)}`);
  const edges = graph.edges.map((edge) => {
    const label = labelOf(edge, graph);
    const arrow = edge.output === "deadLetters" || edge.feedback ? "-.->" : "-->";
    return `  ${place.get(edge.from)} ${arrow}${label === "" ? "" : `|${label}|`} ${place.get(edge.to)}`;
  });
  return ["flowchart LR", ...steps, ...edges].join("\n");
}

function box({ id, kind, parallelism }: StepNode): string {
  const text = parallelism === 1 ? id : `${id} × ${parallelism}`;
  if (kind === "source") return `(["${text}"])`;
  return kind === "sink" || kind === "collect" || kind === "print" || kind === "reply"
    ? `[["${text}"]]`
    : `["${text}"]`;
}

function labelOf({ to, strategy, output, feedback, loop }: EdgeNode, graph: ExecutionGraph): string {
  if (output === "deadLetters") return "dead letters";
  if (feedback && loop !== null) return graph.loops[loop]?.name ?? "";
  const receiver = graph.steps.find((step) => step.id === to);
  return (receiver?.parallelism ?? 1) === 1 ? "" : strategy;
}
