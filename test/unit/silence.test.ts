import { silenceEvent } from '../../core/runs/silence.ts';

const name = { team: 'vision', project: 'mnist', run: 'run-1' };
const pulse = { intervalMs: 60_000, lastAtMs: 5, run: { id: 'run-1', name: 'calm-lake' } };

test('a silence is the event of a run that crashed, as it was last described', () => {
  expect(silenceEvent(name, { ...pulse, user: 'ada' })).toEqual({
    type: 'run.state',
    id: expect.stringMatching(/^evt_\w{32}$/),
    team: 'vision',
    project: 'mnist',
    user: 'ada',
    run: { id: 'run-1', name: 'calm-lake' },
    state: 'CRASHED',
    silentSinceMs: 5,
  });
});

test('nobody is named where nobody was known', () => {
  expect(silenceEvent(name, pulse)).not.toHaveProperty('user');
});

test('the same silence makes the same event', () => {
  expect(silenceEvent(name, pulse).id).toBe(silenceEvent({ ...name }, { ...pulse }).id);
});

test.each([
  ['team', { ...name, team: 'nlp' }, pulse],
  ['project', { ...name, project: 'cifar' }, pulse],
  ['run', { ...name, run: 'run-2' }, pulse],
  ['time', name, { ...pulse, lastAtMs: 6 }],
])('a silence of another %s makes another event', (_, other, otherPulse) => {
  expect(silenceEvent(other, otherPulse).id).not.toBe(silenceEvent(name, pulse).id);
});
