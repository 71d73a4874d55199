/** Id that stands for the sender on a redrive channel. */
export const redriveSource = "redrive";

/** Below the numbers of all channels that a task feeds itself by. */
const firstRedriveChannel = -2_000_000;

/** Number of the channel by which dead letters of one input of a task come again. */
export function redriveChannel(inputIndex: number): number {
  return firstRedriveChannel - inputIndex;
}
