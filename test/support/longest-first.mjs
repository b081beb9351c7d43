import Sequencer from '@jest/test-sequencer';

/**
 * What takes minutes, longest first. On a bare machine jest knows no durations and goes by the size of files, which would
 * leave some of these to the end, with one of two workers idle.
 */
const LONGEST = [
  'integration/kill',
  'localstack/deploy',
  'integration/store-on-dynamodb-local',
  'oracle/differential',
  'simulator/prove',
  'integration/delivery-resend',
  'integration/delivery-rules',
  'integration/delivery-crash',
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
