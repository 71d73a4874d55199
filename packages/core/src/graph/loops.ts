/** One step feeding another, as far as loops are concerned. */
export interface LoopEdge {
  readonly from: string;
  readonly to: string;
  /** The future by which it goes back, if it was declared so. */
  readonly future: { readonly name: string; readonly maxLoopRecords: number } | undefined;
}

/** A feedback loop; a JSON value. */
export interface LoopNode {
  /** The names of its futures, joined. */
  readonly name: string;
  /** Its steps. */
  readonly steps: readonly string[];
  /** Those of them that have a queue of their own for what comes back. */
  readonly heads: readonly string[];
  /** Most records that may wait at one head on their way back. */
  readonly maxRecords: number;
}

/** What the edges come to. */
export interface LoopAnalysis {
  readonly loops: readonly LoopNode[];
  /** For each edge the place of its loop in `loops`, if both of its ends are in one. */
  readonly loopOf: readonly (number | undefined)[];
  /** Whether puts on the edge never wait: every cycle has such an edge, so that none can block itself. */
  readonly feedback: readonly boolean[];
  /** Cycles without a future, as lists of steps. */
  readonly undeclared: readonly (readonly string[])[];
  /** Loops that nothing feeds from outside, by name. */
  readonly unfed: readonly string[];
}

/**
 * Finds the feedback loops among steps: the strongly connected components. The edges that go back are those from
 * inside a loop into a step that also has input from outside, so that this step can hold new records off while the
 * loop is full; where a cycle passes no such step, its future's edge.
 */
export function analyseLoops(steps: readonly string[], edges: readonly LoopEdge[]): LoopAnalysis {
  const component = components(steps, edges);
  const isLoop = new Set<number>();
  for (const { from, to } of edges) {
    if (component.get(from) === component.get(to)) isLoop.add(component.get(from) as number);
  }
  const within = (edge: LoopEdge): boolean =>
    component.get(edge.from) === component.get(edge.to) && isLoop.has(component.get(edge.from) as number);
  const entries = new Set(edges.filter((edge) => !within(edge)).map(({ to }) => to));
  const feedback = edges.map((edge) => within(edge) && entries.has(edge.to));
  const still = cyclic(
    steps,
    edges.filter((edge, i) => within(edge) && !feedback[i]),
  );
  edges.forEach((edge, i) => {
    if (edge.future !== undefined && within(edge) && still.get(edge.from) === still.get(edge.to)) {
      if (still.has(edge.from)) feedback[i] = true;
    }
  });
  const undeclared = [
    ...groupBy(
      cyclic(
        steps,
        edges.filter(({ future }) => future === undefined),
      ),
    ),
  ];
  const numbers = [...isLoop];
  const loops = numbers.map((number) => {
    const inside = edges.map((edge) => within(edge) && component.get(edge.from) === number);
    const futures = [...new Set(edges.flatMap(({ future }, i) => (inside[i] && future ? [future] : [])))];
    return {
      name: futures.map(({ name }) => name).join("+") || undeclaredName,
      steps: steps.filter((step) => component.get(step) === number),
      heads: [...new Set(edges.flatMap(({ to }, i) => (inside[i] && feedback[i] ? [to] : [])))],
      maxRecords: Math.max(1, ...futures.map(({ maxLoopRecords }) => maxLoopRecords)),
    };
  });
  return {
    loops,
    loopOf: edges.map((edge) =>
      within(edge) ? numbers.indexOf(component.get(edge.from) as number) : undefined,
    ),
    feedback,
    undeclared,
    unfed: loops
      .filter(
        ({ name, steps: inside }) => name !== undeclaredName && !inside.some((step) => entries.has(step)),
      )
      .map(({ name }) => name),
  };
}

/** Name of a cycle that has no future. */
const undeclaredName = "undeclared";

/** The component of each step that lies on a cycle of these edges. */
function cyclic(steps: readonly string[], edges: readonly LoopEdge[]): Map<string, number> {
  const component = components(steps, edges);
  const onCycle = new Set(
    edges
      .filter(({ from, to }) => component.get(from) === component.get(to))
      .map(({ from }) => component.get(from)),
  );
  return new Map([...component].filter(([, number]) => onCycle.has(number)));
}

function groupBy(component: ReadonlyMap<string, number>): Iterable<string[]> {
  const groups = new Map<number, string[]>();
  for (const [step, number] of component) groups.set(number, [...(groups.get(number) ?? []), step]);
  return groups.values();
}

/** Strongly connected components (Tarjan 1972), without recursion. */
function components(steps: readonly string[], edges: readonly LoopEdge[]): Map<string, number> {
  const next = new Map<string, string[]>(steps.map((step) => [step, []]));
  for (const { from, to } of edges) next.get(from)?.push(to);
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const component = new Map<string, number>();
  const open: string[] = [];
  for (const root of steps) {
    if (order.has(root)) continue;
    const path: { readonly step: string; at: number }[] = [{ step: root, at: 0 }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { step } = top;
      if (top.at === 0) {
        low.set(step, order.size);
        order.set(step, order.size);
        open.push(step);
      }
      const target = (next.get(step) as string[])[top.at++];
      if (target !== undefined) {
        if (!order.has(target)) path.push({ step: target, at: 0 });
        else if (!component.has(target)) lower(low, step, order.get(target) as number);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) lower(low, parent.step, low.get(step) as number);
      if (low.get(step) === order.get(step)) close(step, open, component);
    }
  }
  return component;
}

function lower(low: Map<string, number>, step: string, value: number): void {
  low.set(step, Math.min(low.get(step) as number, value));
}

/** Everything opened since `root` is one component; it is numbered by how many there are. */
function close(root: string, open: string[], component: Map<string, number>): void {
  const number = component.size;
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    component.set(step, number);
    if (step === root) return;
  }
}
