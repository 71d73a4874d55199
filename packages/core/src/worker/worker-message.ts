import * as z from "zod";
import { parsed } from "../control/parsed.ts";
import type { JsonObject, JsonValue } from "../errors/json.ts";
import type { WireError } from "../errors/wire-error.ts";
import { wireErrorSchema } from "../errors/wire-error-schema.ts";
import type { LoggedLine } from "../host/log-tail.ts";
import type { ServiceReport } from "../task/service-stats.ts";
import type { TaskReport } from "../task/task.port.ts";

/** Version of the messages between a job manager and its workers. */
export const workerVersion = 1;

/** How an incarnation of a task has ended, as it crosses a process. */
export type WireOutcome =
  | { readonly state: "completed" | "cancelled" }
  | { readonly state: "failed"; readonly error: WireError; readonly restartable: boolean };

/** How something stands that runs in a worker. */
export interface RunState {
  /** Which one: one incarnation of a task, or an instance of a service. */
  readonly run: string;
  /** Rises with every state of a run: a later one may overtake. */
  readonly n: number;
  readonly task?: TaskReport | undefined;
  readonly service?: ServiceReport | undefined;
  /** For the head of a loop: whether the end of the loop is delivered to it. */
  readonly loopEnded?: boolean | undefined;
  /** Once it has ended. */
  readonly outcome?: WireOutcome | undefined;
  /** How often records have brought it down: `[channel, seq, times]` each. */
  readonly crashes?: readonly (readonly [number, number, number])[] | undefined;
}

/** What a worker says of itself, from time to time. */
export interface WorkerBeat {
  readonly v: typeof workerVersion;
  readonly kind: "beat";
  /** Tasks and instances of services that it takes at once. */
  readonly slots: number;
  readonly labels: readonly string[];
  /** Digests of its job modules, by name. */
  readonly jobs: Readonly<Record<string, string>>;
  /** Whether it takes nothing more, and wants to be rid of what it has. */
  readonly leaving: boolean;
  /** Everything that runs there, or has ended and was not dropped. */
  readonly runs: readonly RunState[];
}

/** News of a worker, between two beats. */
export interface WorkerNews {
  readonly v: typeof workerVersion;
  readonly kind: "news";
  readonly runs: readonly RunState[];
  /** Runs whose tasks wait for input with nothing in flight. */
  readonly idle: readonly string[];
  /** Lines of the logs of jobs. */
  readonly logs: readonly JobLines[];
}

/** Lines of the log of one job. */
export interface JobLines {
  readonly job: string;
  readonly lines: readonly LoggedLine[];
  /** Lines that were left out behind them, since there were too many at once. */
  readonly leftOut: number;
}

/** What a worker answers. */
export type WorkerAnswer = {
  readonly v: typeof workerVersion;
  readonly kind: "answer";
  readonly link: number;
  readonly ask: number;
} & ({ readonly ok: true; readonly value: JsonValue } | { readonly ok: false; readonly error: WireError });

/** What a manager asks a worker for. Asked again it is not done again, but answered. */
export interface WorkerAsk {
  readonly v: typeof workerVersion;
  readonly kind: "ask";
  /** Which time it is that the manager has come to know the worker, from 1. */
  readonly link: number;
  /** Its number of that time, from 1: what is asked is begun in this order, whatever was lost on its way. */
  readonly ask: number;
  /** Everything below was answered, and will not be asked again. */
  readonly answered: number;
  readonly op: WorkerOperation;
  readonly args: JsonObject;
}

/** What is asked of a worker. */
export const workerOperations = [
  "welcome",
  "place",
  "open",
  "start",
  "drain",
  "cancel",
  "abandon",
  "pause",
  "resume",
  "probe",
  "report",
  "hurryTimers",
  "endLoop",
  "forgetLoopEnd",
  "placeService",
  "startService",
  "stopService",
  "doubt",
  "drop",
] as const;

/** One of {@link workerOperations}. */
export type WorkerOperation = (typeof workerOperations)[number];

/** What every placement says. */
export interface PlacementFacts {
  /** What it is called from now on. */
  readonly run: string;
  readonly job: string;
  /** Name of the job's module, its digest, and what it is given. */
  readonly module: string;
  readonly digest: string;
  readonly params: JsonValue;
  /** The shape that the pipeline must have. */
  readonly shape: JsonObject;
  /** Lets the worker take part in the job. */
  readonly pass: string;
  /** Services that have started. */
  readonly services: readonly { readonly name: string; readonly methods: readonly string[] }[];
}

const version = z.literal(workerVersion);
const name = z.string().min(1).max(1024);
const runState = z.looseObject({
  run: name,
  n: z.int().min(0),
  task: z.looseObject({ id: z.string(), state: z.string() }).optional(),
  service: z.looseObject({ id: z.string() }).optional(),
  loopEnded: z.boolean().optional(),
  outcome: z
    .discriminatedUnion("state", [
      z.strictObject({ state: z.literal("completed") }),
      z.strictObject({ state: z.literal("cancelled") }),
      z.strictObject({ state: z.literal("failed"), error: wireErrorSchema, restartable: z.boolean() }),
    ])
    .optional(),
  crashes: z.array(z.tuple([z.number(), z.number(), z.number()])).optional(),
});

const jobLines = z.strictObject({
  job: name,
  lines: z
    .array(
      z.strictObject({
        time: z.number(),
        level: z.enum(["info", "warn", "error"]),
        message: z.string().max(10_000),
        task: z.string().optional(),
      }),
    )
    .max(1000),
  leftOut: z.int().min(0),
});

const messageSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    v: version,
    kind: z.literal("beat"),
    slots: z.int().min(0),
    labels: z.array(name).max(100),
    jobs: z.record(z.string(), z.string()),
    leaving: z.boolean(),
    runs: z.array(runState),
  }),
  z.strictObject({
    v: version,
    kind: z.literal("news"),
    runs: z.array(runState),
    idle: z.array(name),
    logs: z.array(jobLines).max(1000),
  }),
  z.looseObject({
    v: version,
    kind: z.literal("answer"),
    link: z.int().min(1),
    ask: z.int().min(1),
    ok: z.boolean(),
    value: z.unknown().optional(),
    error: wireErrorSchema.optional(),
  }),
]);

const placement = {
  run: name,
  job: name,
  module: name,
  digest: z.string(),
  params: z.unknown(),
  shape: z.looseObject({ version: z.number() }),
  pass: z.string(),
  services: z.array(z.strictObject({ name, methods: z.array(z.string()) })),
};

/** The arguments of each operation. */
export const workerArguments = {
  place: z.strictObject({
    ...placement,
    node: name,
    crashes: z.array(z.tuple([z.number(), z.number(), z.number()])),
  }),
  placeService: z.strictObject({ ...placement, service: name, index: z.int().min(0) }),
  abandon: z.strictObject({ run: name, error: wireErrorSchema }),
  welcome: z.strictObject({}),
  doubt: z.strictObject({ job: name, service: name, index: z.int().min(0) }),
  stopService: z.strictObject({
    run: name,
    drain: z.boolean(),
    graceMs: z.number().min(0),
    handOver: z.boolean(),
  }),
} as const;

const ofRun = z.strictObject({ run: name });

const askSchema = z.strictObject({
  v: version,
  kind: z.literal("ask"),
  link: z.int().min(1),
  ask: z.int().min(1),
  answered: z.int().min(0),
  op: z.enum(workerOperations),
  args: z.record(z.string(), z.unknown()),
});

/** Reads what a worker has sent. @throws SageError `CONTROL_MESSAGE_INVALID`. */
export function readWorkerMessage(body: JsonValue): WorkerBeat | WorkerNews | WorkerAnswer {
  return parsed(messageSchema, body) as WorkerBeat | WorkerNews | WorkerAnswer;
}

/** Reads what a manager asks for. @throws SageError `CONTROL_MESSAGE_INVALID`. */
export function readAsk(body: JsonValue): WorkerAsk {
  const ask = parsed(askSchema, body) as WorkerAsk;
  const schema = (workerArguments as Partial<Record<WorkerOperation, z.ZodType>>)[ask.op] ?? ofRun;
  return { ...ask, args: parsed(schema, ask.args) as JsonObject };
}

/** Whether a message of this kind comes from a worker. */
export function isOfWorker(body: JsonValue): boolean {
  const kind = (body as { readonly kind?: unknown } | null)?.kind;
  return kind === "beat" || kind === "news" || kind === "answer";
}
