import Sequencer from '@jest/test-sequencer';

/**
 * What takes minutes. On a bare machine jest knows no durations and goes by the size of files, which would leave some of
 * these to the end, with one of two workers idle. The first and the fourth wait most of their time: others work beside them.
 */
const LONGEST = [
  'integration/kill',
  'integration/store-on-dynamodb-local',
  'oracle/differential',
  'localstack/deploy',
  'integration/delivery-resend',
  'integration/delivery-rules',
  'integration/delivery-crash',
  'simulator/prove',
  'integration/start',
];

const rankOf = ({ path }) => {
  const at = LONGEST.findIndex((name) => path.endsWith(`/${name}.test.ts`));
  return at === -1 ? LONGEST.length : at;
};

export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}
