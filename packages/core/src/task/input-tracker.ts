import { SageError } from "../errors/sage-error.ts";
import type { Batch } from "../packet/batch.ts";
import { ChannelMarks } from "../state/channel-marks.ts";

/** The receiving end of one channel, as the graph declares it. */
export interface InputChannel {
  /** Channel number in the graph. */
  readonly channel: number;
  /** Which input of this step it feeds. */
  readonly inputIndex: number;
  /** Id of the task instance that sends on it. */
  readonly source: string;
  /** True for the way back of a feedback loop: it stops after the task has finished, and no input waits for it. */
  readonly feedback?: boolean;
  /** True when the sender is in the same feedback loop. */
  readonly loop?: boolean;
  /** True for a channel that need not stop, and that nobody waits for. */
  readonly optional?: boolean;
}

interface ChannelState extends InputChannel {
  received: number;
  /** Its stop signal was accepted; a concurrent step may count it much later. */
  announced: boolean;
  stopped: boolean;
}

/**
 * Stop bookkeeping and order of one task's inputs: every channel is gap-free and ends with exactly one stop signal;
 * an input ends when all of its channels have stopped. What to expect comes from the graph, never from names.
 */
export class InputTracker {
  readonly #node: string;
  readonly #channels = new Map<number, ChannelState>();
  readonly #openChannels: number[] = [];
  #openInputs = 0;
  #openFeedback = 0;
  #unannounced = 0;
  #last: ChannelState | undefined;

  /** `received` is what an earlier incarnation of the task has consumed. */
  constructor(node: string, channels: readonly InputChannel[], received = new ChannelMarks()) {
    this.#node = node;
    for (const channel of channels) {
      const stopped = received.stopped(channel.channel);
      const state = { received: received.records(channel.channel), announced: stopped, stopped };
      this.#channels.set(channel.channel, { ...channel, ...state });
      if (channel.optional === true) continue;
      if (channel.feedback === true) {
        if (!stopped) this.#openFeedback++;
        continue;
      }
      const open = this.#openChannels[channel.inputIndex] ?? 0;
      this.#openChannels[channel.inputIndex] = open + (stopped ? 0 : 1);
      if (!stopped) this.#unannounced++;
    }
    this.#openInputs = this.#openChannels.filter((open) => open > 0).length;
  }

  /** The inputs that have ended. */
  get endedInputs(): readonly number[] {
    return this.#openChannels.flatMap((open, input) => (open === 0 ? [input] : []));
  }

  /** True when every input has ended. */
  get ended(): boolean {
    return this.#openInputs === 0;
  }

  /** True when the stop signals of all inputs have been accepted, counted or not: nothing more is to be taken. */
  get announced(): boolean {
    return this.#unannounced === 0;
  }

  /** True while the way back of a feedback loop has not stopped. */
  get lingering(): boolean {
    return this.#openFeedback > 0;
  }

  /** Sources of the channels that have not stopped and that an input waits for. */
  get awaited(): readonly string[] {
    return [...this.#channels.values()]
      .filter((c) => !c.stopped && !c.feedback && !c.optional)
      .map((c) => c.source);
  }

  /** Whether all channels have stopped for which `matches` answers true. */
  stopped(matches: (channel: InputChannel) => boolean): boolean {
    return [...this.#channels.values()].every(
      (channel) => channel.stopped || channel.optional === true || !matches(channel),
    );
  }

  /** Which input an accepted channel feeds. */
  inputOf(channel: number): number {
    const last = this.#last;
    const state = last?.channel === channel ? last : this.#channels.get(channel);
    return state?.inputIndex ?? 0;
  }

  /**
   * Checks a batch and counts its records as received. Answers `false` for a repeated stop signal, which is ignored.
   *
   * @throws SageError `PROTOCOL_VIOLATION` for an unknown channel or sender, a gap, a repetition, or data after the
   * stop signal.
   */
  accept(batch: Batch): boolean {
    const last = this.#last;
    const state =
      last !== undefined && last.channel === batch.channel ? last : this.#channels.get(batch.channel);
    this.#last = state;
    if (state === undefined) throw this.#violation(batch, "the graph has no such channel into this task");
    if (batch.stop !== undefined && batch.stop.source !== state.source) {
      throw this.#violation(
        batch,
        `a stop signal came from "${batch.stop.source}" instead of "${state.source}"`,
      );
    }
    if (state.announced) {
      if (batch.payloads.length === 0) return false;
      throw this.#violation(batch, `${batch.payloads.length} records came after the stop signal`);
    }
    if (batch.firstSeq !== state.received) {
      const what = batch.firstSeq > state.received ? "elements are missing" : "elements came again";
      throw this.#violation(
        batch,
        `${what}: expected sequence number ${state.received}, got ${batch.firstSeq}`,
      );
    }
    state.received += batch.payloads.length;
    if (batch.stop !== undefined) this.#announce(state);
    return true;
  }

  /** Counts an accepted batch's stop signal. Answers the index of the input that ended with it, if one did. */
  stop(batch: Batch): number | undefined {
    const state = this.#channels.get(batch.channel) as ChannelState;
    if (state.stopped) return undefined;
    state.stopped = true;
    if (state.feedback === true) {
      this.#openFeedback--;
      return undefined;
    }
    const open = (this.#openChannels[state.inputIndex] as number) - 1;
    this.#openChannels[state.inputIndex] = open;
    if (open > 0) return undefined;
    this.#openInputs--;
    return state.inputIndex;
  }

  #announce(state: ChannelState): void {
    if (state.announced) return;
    state.announced = true;
    if (state.feedback !== true) this.#unannounced--;
  }

  /** Records received so far, by channel number; an optional channel that had none is left out. */
  received(): Map<number, number> {
    const channels = [...this.#channels.values()].filter((c) => c.received > 0 || c.optional !== true);
    return new Map(channels.map((c) => [c.channel, c.received]));
  }

  #violation(batch: Batch, problem: string): SageError {
    return new SageError("PROTOCOL_VIOLATION", { node: this.#node, channel: batch.channel, problem });
  }
}
