import {
  Connection,
  type ConnectionTarget,
  type CopyRecord,
  checkPayload,
  clonePayload,
  DriverRegistry,
  type OutputGroup,
  type PartitionerFactory,
  QueueDescriptor,
  type QueueDriver,
  QueueHandles,
  Router,
  type WiredEdge,
  wireRouter,
} from "@sage-kernel/core/spi";
import type { CaseNames, ContractBinding } from "../contract/contract.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { RecordingLogger } from "../recording-logger.ts";

/** One downstream step of a sender, as a contract case describes it. */
export interface EdgePlan {
  /** Name of the strategy. */
  readonly strategy: string;
  /** How many instances the step has. */
  readonly width: number;
  /** Which input of the step is fed; 0 by default. */
  readonly inputIndex?: number;
  /** Whether keys travel along; `true` by default. */
  readonly keyed?: boolean;
  /** Whether its receivers share the records with other steps; `false` by default. */
  readonly shared?: boolean;
  /** Whether it carries dead letters instead of records; `false` by default. */
  readonly deadLetters?: boolean;
  /** Records that each inbox holds; 1000 by default. */
  readonly capacity?: number;
  /** The user's own partitioner; by default the subject's, where the strategy is `custom`. */
  readonly partitioner?: PartitionerFactory;
}

/** The router of one sender, as a contract case describes it. */
export interface RouterPlan {
  readonly edges: readonly EdgePlan[];
  /** Whether records are refused that could not cross a process; `false` by default. */
  readonly strict?: boolean;
}

/** To how many instances of a step a strategy sends each record: exactly one, every one, or some. */
export type Spread = "one" | "all" | "some";

/** What of a router the contract uses: all that is public. */
export type TestedRouter = Pick<Router, keyof Router>;

/**
 * What the router contract needs from an implementation. Its capabilities are the built-in strategies `round-robin`,
 * `hash`, `broadcast` and `least-loaded`, further `custom` (asks partitioners that a case brings along) and `strict`
 * (refuses records that could not cross a process).
 */
export interface RouterSubject {
  /** The strategies that the general cases go through. */
  readonly strategies: Readonly<Record<string, Spread>>;
  /** Makes the router of a further sender, over queues of its own whose ids carry the case's id and the run id. */
  router(plan: RouterPlan): Promise<TestedRouter>;
  /** Closes the queues. */
  close?(): Promise<void>;
}

/** What a subject can be made of instead of core's own parts. */
export interface RouterParts {
  /** Opens the inboxes; a fake driver by default. */
  readonly driver?: QueueDriver;
  /** The strategies that the general cases go through. */
  readonly strategies: Readonly<Record<string, Spread>>;
  /** The partitioner of `custom` edges that bring none along. */
  readonly partitioner?: PartitionerFactory;
  /** Makes the sending end of a channel. */
  readonly connection?: (target: ConnectionTarget) => Connection;
  /** Takes the place of a group that core made; the sender is a number from 0. */
  readonly group?: (right: OutputGroup, edge: EdgePlan, copyAgain: CopyRecord, sender: number) => OutputGroup;
  /** Copies a record for the second and later groups. */
  readonly copy?: CopyRecord;
  /** Changes the description of what is made. */
  readonly plan?: (plan: RouterPlan) => RouterPlan;
  /** Takes the place of the whole router. */
  readonly router?: (right: Router) => TestedRouter;
}

const copyRecord: CopyRecord = (payload) => clonePayload(payload, () => undefined);

/** The subject for core's router, of which some parts may be others. */
export function routerSubject(parts: RouterParts, { caseId, runId }: CaseNames): RouterSubject {
  const { driver = new FakeQueueDriver(), strategies, copy = copyRecord } = parts;
  const handles = new QueueHandles(new DriverRegistry([driver]));
  const log = new RecordingLogger();
  let senders = 0;

  const wire = async (edge: EdgePlan, sender: number, at: number, channel: number): Promise<WiredEdge> => {
    const { strategy, width, inputIndex = 0, keyed = true, shared = false, capacity = 1000 } = edge;
    const step = `step-${at}`;
    const connections: Connection[] = [];
    for (let index = 0; index < width; index++) {
      const id = `${caseId}/${runId}/${sender}/${step}#${index}`;
      const queue = await handles.open(new QueueDescriptor({ kind: driver.kind, id, capacity, options: {} }));
      const target = { step, index, inputIndex, keyed, channel: channel + index, queue };
      connections.push(parts.connection?.(target) ?? new Connection(target));
    }
    const output = edge.deadLetters === true ? ("deadLetters" as const) : ("records" as const);
    const way = { from: "sender", to: step, loop: null, feedback: false };
    return {
      edge: { ...way, inputIndex, strategy, keyed, output, shared },
      connections,
      partitioner: edge.partitioner ?? (strategy === "custom" ? parts.partitioner : undefined),
    };
  };

  return {
    strategies,
    async router(given) {
      const plan = parts.plan?.(given) ?? given;
      const sender = senders++;
      const edges: WiredEdge[] = [];
      let channel = 10;
      for (const [at, edge] of plan.edges.entries()) {
        edges.push(await wire(edge, sender, at, channel));
        channel += edge.width;
      }
      const strict = plan.strict === true;
      const wired = wireRouter("sender", edges, { log, strictPayloads: strict });
      const { group } = parts;
      const right = group === undefined ? wired : regrouped(wired, plan, sender, group, copy, strict);
      return parts.router?.(right) ?? right;
    },
    close: () => handles.close(),
  };
}

/** The same router with other groups. */
function regrouped(
  { groups, deadLetterGroups }: Router,
  { edges }: RouterPlan,
  sender: number,
  change: NonNullable<RouterParts["group"]>,
  copy: CopyRecord,
  strict: boolean,
): Router {
  const of = (dead: boolean): EdgePlan[] => edges.filter(({ deadLetters = false }) => deadLetters === dead);
  const changed = (all: readonly OutputGroup[], plans: readonly EdgePlan[]): OutputGroup[] =>
    all.map((group, i) => {
      const edge = plans[i] as EdgePlan;
      return change(group, edge, edge.shared === true ? (payload) => payload : copy, sender);
    });
  return new Router(changed(groups, of(false)), copy, {
    deadLetters: changed(deadLetterGroups, of(true)),
    ...(strict ? { check: checkPayload } : {}),
  });
}

/** Binds core's router, with some parts of your own, to the router contract; `parts` makes them anew for each case. */
export function routerBinding(
  parts: () => RouterParts,
  binding: Omit<ContractBinding<RouterSubject>, "open" | "close">,
): ContractBinding<RouterSubject> {
  return {
    ...binding,
    open: (names) => routerSubject(parts(), names),
    close: (subject) => subject.close?.(),
  };
}

/** Binds a partitioner to the router contract: the general cases route by it. */
export function partitionerBinding(
  partitioner: PartitionerFactory,
  binding: Omit<ContractBinding<RouterSubject>, "open" | "close"> = {},
): ContractBinding<RouterSubject> {
  return routerBinding(() => ({ strategies: { custom: "some" }, partitioner }), binding);
}

/**
 * Binds a strategy of your own, as a whole group, to the router contract. `create` makes the group of one sender for
 * one downstream step; `copyAgain` is for the second and later receivers of one record within the group.
 */
export function outputGroupBinding(
  spread: Spread,
  create: (connections: readonly Connection[], copyAgain: CopyRecord, shared: boolean) => OutputGroup,
  binding: Omit<ContractBinding<RouterSubject>, "open" | "close"> = {},
): ContractBinding<RouterSubject> {
  const group: RouterParts["group"] = ({ connections }, { shared = false }, copyAgain) =>
    create(connections, copyAgain, shared);
  return routerBinding(() => ({ strategies: { own: spread }, group }), binding);
}

/** The built-in strategies. */
export const builtInSpreads: Readonly<Record<string, Spread>> = {
  "round-robin": "one",
  hash: "one",
  broadcast: "all",
  "least-loaded": "one",
  custom: "some",
};

/** By the length of a record's text: an example of a partitioner. */
export const byLength: PartitionerFactory = () => ({
  select: ({ payload }, targets) => String(payload).length % targets.length,
});

/** Core's router over fake queues in front of the contract: the reference that the mutants change. */
export const coreRouterBinding: ContractBinding<RouterSubject> = routerBinding(
  () => ({ strategies: builtInSpreads, partitioner: byLength }),
  { capabilities: [...Object.keys(builtInSpreads), "strict"] },
);
