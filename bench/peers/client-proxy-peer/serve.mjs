import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Transport } from '@nestjs/microservices';

/**
 * Serves one message pattern over NATS as a Nest microservice. Plain JavaScript has no decorators: they are called.
 */
export async function serve(queue, pattern, answer) {
  class AnswerController {
    answer(payload) {
      return answer(payload);
    }
  }
  Controller()(AnswerController);
  const method = Object.getOwnPropertyDescriptor(AnswerController.prototype, 'answer');
  MessagePattern(pattern)(AnswerController.prototype, 'answer', method);

  class AppModule {}
  Module({ controllers: [AnswerController] })(AppModule);

  const app = await NestFactory.createMicroservice(AppModule, {
    transport: Transport.NATS,
    options: { servers: [process.env.NATS_URL], queue },
    logger: false,
  });
  await app.listen();
  process.stdout.write('ready\n');
}
