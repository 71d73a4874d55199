import type { Principal } from "@sage-kernel/core";
import { permits } from "@sage-kernel/core/spi";

/** Whether a principal takes part in the work, as a worker or a manager: it may take more of the hub than who only asks. */
export function takesPart(principal: Principal | undefined): boolean {
  return permits(principal, "worker") || permits(principal, "manage");
}
