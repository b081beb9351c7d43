// Stands in for the SQS client.
import { ambient, type Command } from '../ambient.ts';
import { commandOf } from './command.ts';

export class SQSClient {
  send(command: Command): Promise<unknown> {
    return ambient.host.call('sqs', command);
  }
}

export const SendMessageBatchCommand = commandOf('SendMessageBatch');
export const ReceiveMessageCommand = commandOf('ReceiveMessage');
export const DeleteMessageCommand = commandOf('DeleteMessage');
