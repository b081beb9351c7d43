import { RunState } from '../../core/event.ts';
import { aStateEvent, aWatcher, losses, onStates, onThreshold } from '../support/builders.ts';
import { aMatcher } from '../support/matcher.ts';

const every = { repeat: { mode: 'every_time' } };
const set = (states: string[], rest: object = every, change: object = {}) =>
  aMatcher(aWatcher({ trigger: onStates(states, rest), ...change }, 'aut'));
const count = async (fired: Promise<string[]>) => (await fired).length;

describe.each(RunState.options)('run state %s', (state) => {
  const others = RunState.options.filter((other) => other !== state);

  test('met fires: the first state seen of a run is a change', async () => {
    expect(await set([state]).send(aStateEvent(state, { id: 'evt' }))).toEqual(['aut@evt']);
  });

  test.each(others)('met fires when the run was %s', async (before) => {
    const { send } = set([state]);
    const crashed = state === 'FAILED' && before === 'CRASHED' ? 1 : 0;
    expect(await count(send(aStateEvent(before)))).toBe(crashed);
    expect(await count(send(aStateEvent(state)))).toBe(1);
  });

  test.each(others)('not met: %s does not fire, but for CRASHED where FAILED is named', async (other) => {
    const isCrash = state === 'FAILED' && other === 'CRASHED';
    expect(await count(set([state]).send(aStateEvent(other)))).toBe(isCrash ? 1 : 0);
  });

  test('the same state again does nothing, in the same batch and in a later one', async () => {
    const { send } = set([state]);
    expect(await count(send(aStateEvent(state), aStateEvent(state)))).toBe(1);
    expect(await count(send(aStateEvent(state)))).toBe(0);
  });

  test.each<[string, object]>([
    ['another project', { kind: 'project', team: 'vision', project: 'other' }],
    ['another team', { kind: 'team', team: 'audio' }],
    ['a registry', { kind: 'registry', registry: 'mnist' }],
  ])('wrong scope (%s) does not fire', async (_name, scope) => {
    expect(await set([state], every, { scope }).send(aStateEvent(state))).toEqual([]);
  });

  test('wrong user does not fire, the right one does', async () => {
    const { send } = set([state], { ...every, filter: { user: 'ada' } });
    expect(await send(aStateEvent(state, { user: 'bob' }))).toEqual([]);
    expect(await count(send(aStateEvent(state, { user: 'ada', run: { id: 'run-2' } })))).toBe(1);
  });

  test('re-firing waits 24 hours for the same run, and not for another', async () => {
    const { send, clock } = set([state], {});
    const other = others.find((one) => one !== 'CRASHED')!;
    expect(await count(send(aStateEvent(state)))).toBe(1);
    await send(aStateEvent(other));
    expect(await count(send(aStateEvent(state)))).toBe(0);
    expect(await count(send(aStateEvent(state, { run: { id: 'run-2' } })))).toBe(1);
    await send(aStateEvent(other));
    clock.nowMs += 86_400_000;
    expect(await count(send(aStateEvent(state)))).toBe(1);
  });
});

describe('run states', () => {
  test('CRASHED counts as FAILED, and FAILED does not count as CRASHED', async () => {
    expect(await count(set(['FAILED']).send(aStateEvent('CRASHED')))).toBe(1);
    expect(await count(set(['CRASHED']).send(aStateEvent('FAILED')))).toBe(0);
  });

  test('one automation that names FAILED and CRASHED fires once for a crash', async () => {
    expect(await count(set(['FAILED', 'CRASHED']).send(aStateEvent('CRASHED')))).toBe(1);
  });

  test('an automation at each scope that holds the run fires on its own', async () => {
    const trigger = onStates(['FAILED']);
    const matcher = aMatcher(
      aWatcher({ trigger, scope: { kind: 'organization' } }, 'organization'),
      aWatcher({ trigger, scope: { kind: 'team', team: 'vision' } }, 'team'),
      aWatcher({ trigger, scope: { kind: 'project', team: 'vision', project: 'mnist' } }, 'project'),
    );
    const fired = await matcher.send(aStateEvent('FAILED', { id: 'evt' }));
    expect(fired.toSorted()).toEqual(['organization@evt', 'project@evt', 'team@evt']);
  });

  test('a filter may look at the state, the run’s name, tags and config', async () => {
    const filter = {
      state: 'KILLED',
      'run.name': { $regex: '^calm' },
      'run.tags': 'nightly',
      'run.config.lr': 0.1,
    };
    const { send } = set(['KILLED', 'FAILED'], { ...every, filter });
    const run = { id: 'run-1', name: 'calm-lake', tags: ['nightly'], config: { lr: 0.1 } };
    expect(await send(aStateEvent('FAILED', { run }))).toEqual([]);
    expect(await count(send(aStateEvent('KILLED', { run })))).toBe(1);
    expect(await send(aStateEvent('KILLED', { run: { ...run, id: 'run-2', config: { lr: 0.2 } } }))).toEqual(
      [],
    );
  });

  test('a newer attempt begins with no state, so its first state is a change', async () => {
    const { send } = set(['RUNNING']);
    expect(await count(send(aStateEvent('RUNNING')))).toBe(1);
    expect(await count(send(aStateEvent('RUNNING', { run: { id: 'run-1', attempt: 1 } })))).toBe(1);
    // Without an attempt it belongs to the current one.
    expect(await count(send(aStateEvent('RUNNING')))).toBe(0);
  });

  test('an event of an older attempt does nothing', async () => {
    const { send, run } = set(['RUNNING', 'FAILED']);
    await send(aStateEvent('RUNNING', { run: { id: 'run-1', attempt: 2 } }));
    expect(await send(aStateEvent('FAILED', { run: { id: 'run-1', attempt: 1 } }))).toEqual([]);
    expect(run()!.state).toEqual({ state: 'RUNNING' });
    expect(await send(aStateEvent('RUNNING', { run: { id: 'run-1', attempt: 2 } }))).toEqual([]);
  });

  test('an event whose id was seen before does nothing, in whatever message it comes', async () => {
    const { send, run } = set(['RUNNING']);
    const first = aStateEvent('RUNNING');
    expect(await count(send(first))).toBe(1);
    await send(aStateEvent('FAILED'));
    const { version } = run()!;
    expect(await send(first)).toEqual([]);
    expect(run()).toMatchObject({ version, state: { state: 'FAILED' } });
  });

  test('of the last 64 are known by their ids', async () => {
    const { send, run } = set(['RUNNING']);
    const [old, known] = [aStateEvent('RUNNING'), aStateEvent('RUNNING')];
    await send(old, known, ...Array.from({ length: 63 }, () => aStateEvent('FAILED')));
    await send(known);
    expect(run()!.state).toEqual({ state: 'FAILED' });
    await send(old);
    expect(run()!.state).toEqual({ state: 'RUNNING' });
  });

  test('that come while nobody watches them are not remembered; what was remembered stays', async () => {
    const { send, automations, run } = set(['RUNNING']);
    await send(aStateEvent('RUNNING'));
    const [watcher] = automations.splice(0);
    await send(aStateEvent('FAILED'));
    expect(run()!.state).toEqual({ state: 'RUNNING' });
    automations.push(watcher!);
    expect(await send(aStateEvent('RUNNING'))).toEqual([]);
  });

  test('attempts of metrics are no attempts of states', async () => {
    const { send, automations } = set(['RUNNING']);
    automations.push(aWatcher({ trigger: onThreshold({ value: -1 }) }, 'metrics'));
    expect(await count(send(aStateEvent('RUNNING')))).toBe(1);
    await send(losses([1], 0, { run: { id: 'run-1', attempt: 3 } }));
    expect(await count(send(aStateEvent('RUNNING')))).toBe(0);
  });

  test('before the trigger was saved do not fire', async () => {
    const trigger = onStates(['FAILED'], every);
    const { send, automations, clock } = aMatcher();
    automations.push(aWatcher({ trigger }, 'aut', clock.nowMs + 1));
    expect(await send(aStateEvent('FAILED'))).toEqual([]);
    await send(aStateEvent('RUNNING'));
    expect(await count(send(aStateEvent('FAILED')))).toBe(1);
  });

  test('tell what happened', async () => {
    const { send, store } = set(['KILLED']);
    await send(aStateEvent('KILLED', { id: 'evt', run: { id: 'run-1', name: 'calm' }, user: 'ada' }));
    const [delivery] = store.deliveries.values();
    expect(delivery!.facts).toMatchObject({
      event_type: 'RUN_STATE',
      run_status: 'KILLED',
      run_name: 'calm',
      run_id: 'run-1',
      event_author: 'ada',
      project_name: 'mnist',
      event_id: 'evt',
    });
    expect(delivery!.facts).not.toHaveProperty('metric_value');
  });

  test('are remembered only where somebody watches them', async () => {
    const { send, store } = aMatcher(aWatcher({ trigger: onThreshold() }, 'metrics'));
    await send(aStateEvent('RUNNING'), aStateEvent('FAILED'));
    expect(store.runs.size).toBe(0);
  });
});
