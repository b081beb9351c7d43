import { describeNeeding } from '../support/needs.ts';
import { storeOn } from '../support/store-table.ts';

describeNeeding('cloud')('on an emulator of AWS', () => {
  storeOn('cloud');
  require('./store.test.ts');
});
