import { describeNeeding } from '../support/needs.ts';
import { storeOn } from '../support/store-table.ts';

describeNeeding('dynamoDbLocal')('on AWS’s DynamoDB Local', () => {
  storeOn('dynamoDbLocal');
  // Each has the database to itself.
  describe('the store', () => {
    require('./store.test.ts');
  });
  describe('the rules of deliveries', () => {
    require('./delivery-rules.test.ts');
  });
});
