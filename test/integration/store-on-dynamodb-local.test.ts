import { describeNeeding } from '../support/needs.ts';
import { storeOn } from '../support/store-table.ts';

describeNeeding('dynamoDbLocal')('on AWS’s DynamoDB Local', () => {
  storeOn('dynamoDbLocal');
  require('./store.test.ts');
  require('./delivery-rules.test.ts');
});
