// Stands in for both packages of the DynamoDB client.
import { ambient, type Command, Refused } from '../ambient.ts';
import { commandOf } from './command.ts';

export class DynamoDBClient {
  middlewareStack = { add: () => {} };
}
export const ConditionalCheckFailedException = Refused;

const client = { send: (command: Command) => ambient.host.call('dynamodb', command), destroy: () => {} };
export const DynamoDBDocumentClient = { from: () => client };

export const GetCommand = commandOf('Get');
export const BatchGetCommand = commandOf('BatchGet');
export const QueryCommand = commandOf('Query');
export const PutCommand = commandOf('Put');
export const UpdateCommand = commandOf('Update');
export const DeleteCommand = commandOf('Delete');
