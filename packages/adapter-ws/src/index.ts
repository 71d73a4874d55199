/**
 * Queues between a handful of processes over WebSockets, with no broker: a hub is in one of them, and the others connect to it.
 *
 * @packageDocumentation
 */
export type { Token } from "./client/token.ts";
export type { Authenticate, Authenticated, Tokens } from "./node/access.ts";
export type { ClientOptions, HubOptions } from "./node/hub-options.ts";
export { type WsQueues, ws, wsJobChannel, wsQueues } from "./node/ws.ts";
export { type HubParts, type HubRefusal, WsHub } from "./node/ws-hub.ts";
export type { CloseReason } from "./wire/wire-fault.ts";
export { wsQueueKind } from "./wire/ws-queues.ts";
