import "reflect-metadata";
import { Controller, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ClientProxyFactory, MessagePattern, Transport } from "@nestjs/microservices";
import { firstValueFrom } from "rxjs";
import { startServer, type WsCallCases, wsCallCases } from "./ws-call-cases.ts";

const tcp = { transport: Transport.TCP as const, options: { host: "127.0.0.1", port: 39_433 } };

/** Nest: a microservice with its TCP transport, and its client. */
export const { one, many }: WsCallCases = wsCallCases(async () => {
  const [, child] = await startServer(import.meta.url);
  const client = ClientProxyFactory.create(tcp);
  await client.connect();
  return {
    child,
    call: (n) => firstValueFrom(client.send<number, number>("next", n)),
    close: async () => client.close(),
  };
});

class Numbers {
  next(n: number): number {
    return n + 1;
  }
}

class Served {}

/** The other process. */
export async function serve(): Promise<undefined> {
  const next = Object.getOwnPropertyDescriptor(Numbers.prototype, "next") as PropertyDescriptor;
  MessagePattern("next")(Numbers.prototype, "next", next);
  Controller()(Numbers);
  Module({ controllers: [Numbers] })(Served);
  const server = await NestFactory.createMicroservice(Served, { ...tcp, logger: false });
  await server.listen();
  return undefined;
}
