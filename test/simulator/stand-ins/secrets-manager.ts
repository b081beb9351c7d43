// Stands in for the client of Secrets Manager.
import { ambient, type Command, Missing } from '../ambient.ts';
import { commandOf } from './command.ts';

export const ResourceNotFoundException = Missing;
export class InvalidRequestException extends Error {}

export class SecretsManagerClient {
  send(command: Command): Promise<unknown> {
    return ambient.host.call('secrets', command);
  }
}

export const GetSecretValueCommand = commandOf('GetSecretValue');
export const CreateSecretCommand = commandOf('CreateSecret');
export const PutSecretValueCommand = commandOf('PutSecretValue');
export const DeleteSecretCommand = commandOf('DeleteSecret');
