import { reasonOf, SageError } from "../errors/sage-error.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { Host } from "../host/host.ts";
import type { RecordDrop, RequestAccess } from "../operator/request-access.ts";
import type { Headers } from "../packet/packet.ts";
import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import type { CallScope } from "../service/call-scope.ts";
import { MessageReader } from "../service/message-reader.ts";
import { ReplyLine } from "../service/reply-line.ts";
import { RequestShare, requestIn, serviceOf } from "../service/request-share.ts";
import type { ServiceManager } from "../service/service-manager.ts";
import type { ServiceDrop, ServiceResponse } from "../service/service-message.ts";
import { RequestFront } from "../task/request-front.ts";
import type { TaskRequests } from "../task/request-trace.ts";
import type { ServiceReport } from "../task/service-stats.ts";

/** What the requests to one job work with. */
export interface JobRequestsScope {
  readonly job: string;
  readonly graph: ExecutionGraph;
  readonly services: ServiceManager;
  readonly host: Host;
  /** Whether requests are refused that could not cross a process. */
  readonly strictPayloads: boolean;
}

/** An instance that takes requests, and the way back to it. */
interface Front {
  readonly front: RequestFront;
  readonly outcomes: QueueDescriptorJson;
  readonly line: ReplyLine;
}

/** The requests that a job's pipeline is called with: who takes them, and how their outcomes come back. */
export class JobRequests implements RequestAccess, TaskRequests {
  readonly #scope: JobRequestsScope;
  readonly #fronts = new Map<string, Front>();

  constructor(scope: JobRequestsScope) {
    this.#scope = scope;
    const { job, graph, host, services, strictPayloads } = scope;
    const onLost = (error: unknown): void =>
      host.logger.warn(() => `What became of a request to "${job}" could not be told: ${reasonOf(error)}`, {
        error,
      });
    for (const { name, endpoints } of graph.services) {
      for (const [index, { outcomes }] of endpoints.entries()) {
        if (outcomes === undefined) continue;
        const front = new RequestFront({ service: name, index, scheduler: host.scheduler, strictPayloads });
        const queue = { ...outcomes, id: `${job}/${outcomes.id}` };
        const line = new ReplyLine({ host, open: (descriptor) => services.open(descriptor), onLost }, queue);
        this.#fronts.set(front.id, { front, outcomes: queue, line });
      }
    }
  }

  /** Whether the pipeline takes requests at all. */
  get any(): boolean {
    return this.#fronts.size > 0;
  }

  /** Whether a task is the source of the requests that one instance takes. */
  isFront(task: string): boolean {
    return this.#fronts.has(task);
  }

  /** What came for nobody at one instance, as a part of its report. */
  strayOutcomes(id: string): Pick<ServiceReport, "strayOutcomes"> {
    const front = this.#fronts.get(id);
    return front === undefined ? {} : { strayOutcomes: front.front.strays };
  }

  /** The object that takes the calls of one instance; it hears their outcomes from now on. */
  async serve(service: string, index: number): Promise<object> {
    const { front, outcomes } = this.#front(service, index);
    const queue = await this.#scope.services.open(outcomes);
    const onEnd = (error: unknown): void => {
      if (error === undefined) return;
      this.#scope.host.logger.error(() => `"${front.id}" hears of no outcomes any more: ${reasonOf(error)}`, {
        error,
      });
    };
    new MessageReader(queue, front.onOutcome, onEnd).start();
    return front.service;
  }

  reader(service: string, index: number): RequestFront {
    return this.#front(service, index).front;
  }

  send(front: string, message: ServiceResponse | ServiceDrop): void {
    this.#fronts.get(front)?.line.push(message);
  }

  answer(headers: Headers | undefined, value: unknown, service: string | undefined): boolean {
    const request = requestIn(headers);
    if (request === undefined || !this.#fronts.has(request.front)) return false;
    const { front, ticket: id } = request;
    if (service !== undefined && serviceOf(front) !== service) return false;
    this.send(front, { kind: "response", id, executionMs: 0, ok: true, value });
    return true;
  }

  dropped(headers: Headers | undefined, { node, place, why }: RecordDrop): void {
    const request = requestIn(headers);
    if (request === undefined) return;
    const { front, ticket: id } = request;
    const share = RequestShare.of(headers).toString();
    this.send(front, { kind: "drop", id, share, place: `${node}/${place}`, node, why });
  }

  scopeOf(headers: Headers | undefined): Pick<CallScope, "chain" | "deadline" | "headers"> | undefined {
    const request = requestIn(headers);
    if (request === undefined) return undefined;
    const { job } = this.#scope;
    const call = this.#fronts.get(request.front)?.front.callOf(request.ticket);
    const own = `${job}/${serviceOf(request.front)}`;
    const { chain = [], headers: sent } = call?.request ?? {};
    return { chain: [...chain, own], deadline: call?.deadline, headers: sent };
  }

  #front(service: string, index: number): Front {
    const front = this.#fronts.get(`${service}#${index}`);
    if (front !== undefined) return front;
    const what = `Requests to "${service}"`;
    throw new SageError("ILLEGAL_STATE", { what, from: "its graph", to: `instance ${index}` });
  }
}
