import type { Head, Revision } from '../../core/automation.ts';
import { makeWatchCache, type WatchCacheDeps } from '../../lambdas/matcher/watch-cache.ts';
import { aDefinition } from '../support/builders.ts';

const SCOPE = 'project/vision/mnist';

function setUp() {
  const heads = new Map<string, Head>();
  const revisions = new Map<string, Revision>();
  const watches: { metric: string; automationId: string }[] = [];
  const reads = { versions: 0, watches: 0, heads: 0, revisions: 0 };
  const clock = { version: 0, nowMs: 0 };
  const deps: WatchCacheDeps = {
    readScopeVersion: async () => {
      reads.versions++;
      return clock.version;
    },
    readWatches: async () => {
      reads.watches++;
      return [...watches];
    },
    readHeads: async (ids) => {
      reads.heads++;
      return ids.flatMap((id) => heads.get(id) ?? []);
    },
    readRevisions: async (wanted) => {
      reads.revisions += wanted.length;
      return wanted.flatMap(({ id, revision }) => revisions.get(`${id}@${revision}`) ?? []);
    },
    now: () => clock.nowMs,
  };
  function save(
    id: string,
    change: { revision?: number; enabled?: boolean; metric?: string; threshold?: object } = {},
  ) {
    const { revision = 1, enabled = true, metric = 'loss', threshold = {} } = change;
    const definition = aDefinition();
    const trigger = definition.trigger as { threshold: object };
    trigger.threshold = { ...trigger.threshold, metric, ...threshold };
    heads.set(id, { id, team: 'vision', revision, enabled, version: 1, createdAtMs: 0, updatedAtMs: 0 });
    revisions.set(`${id}@${revision}`, {
      automationId: id,
      revision,
      definition,
      savedAtMs: 0,
      triggerSavedAtMs: 0,
      savedBy: 'key',
    });
    if (!watches.some((watch) => watch.automationId === id)) watches.push({ metric, automationId: id });
    clock.version++;
  }
  const cache = makeWatchCache(deps);
  const ask = async (...metrics: string[]) => {
    const found = await cache.watchersOf(SCOPE, 'run.metrics', metrics);
    return Object.fromEntries(
      [...found].map(([metric, list]) => [metric, list.map((w) => `${w.automationId}@${w.revision}`)]),
    );
  };
  return { heads, watches, reads, clock, save, ask };
}

describe('the watch cache', () => {
  test('reads one small item for a scope where nothing was ever saved, then nothing', async () => {
    const { ask, reads } = setUp();
    const metrics = Array.from({ length: 100 }, (_, n) => `m${n}`);
    expect(await ask(...metrics)).toEqual({});
    expect(await ask(...metrics)).toEqual({});
    expect(reads).toEqual({ versions: 1, watches: 0, heads: 0, revisions: 0 });
  });

  test('remembers that nobody watches a metric', async () => {
    const { ask, reads, save } = setUp();
    save('aut_1', { metric: 'loss' });
    await ask('accuracy');
    await ask('accuracy');
    expect(reads).toEqual({ versions: 1, watches: 1, heads: 0, revisions: 0 });
  });

  test('loads the automations of the metrics asked for, once', async () => {
    const { ask, reads, save } = setUp();
    save('aut_1', { metric: 'loss' });
    save('aut_2', { metric: 'accuracy' });
    expect(await ask('loss', 'other')).toEqual({ loss: ['aut_1@1'] });
    expect(await ask('loss', 'other')).toEqual({ loss: ['aut_1@1'] });
    expect(reads).toEqual({ versions: 1, watches: 1, heads: 1, revisions: 1 });
  });

  test('sees a change within two seconds, and reads only the revision that is new', async () => {
    const { ask, reads, save, clock } = setUp();
    save('aut_1');
    save('aut_2');
    await ask('loss');
    save('aut_2', { revision: 2 });
    clock.nowMs = 1_999;
    expect(await ask('loss')).toEqual({ loss: ['aut_1@1', 'aut_2@1'] });
    clock.nowMs = 2_000;
    expect((await ask('loss'))['loss']).toContain('aut_2@2');
    expect(reads.revisions).toBe(3);
  });

  test('leaves out what is disabled or deleted', async () => {
    const { ask, heads, save } = setUp();
    save('aut_1', { enabled: false });
    save('aut_2');
    heads.delete('aut_2');
    expect(await ask('loss')).toEqual({});
  });

  test('does not trust a hint that is older than its automation', async () => {
    const { ask, watches, save } = setUp();
    save('aut_1', { metric: 'accuracy' });
    watches.push({ metric: 'loss', automationId: 'aut_1' });
    expect(await ask('loss', 'accuracy')).toEqual({ accuracy: ['aut_1@1'] });
  });

  test('reads anew after a minute, also when a save died before it raised the version', async () => {
    const { ask, save, clock } = setUp();
    save('aut_1');
    await ask('loss');
    save('aut_2');
    clock.version--;
    clock.nowMs = 59_999;
    expect(await ask('loss')).toEqual({ loss: ['aut_1@1'] });
    clock.nowMs = 62_000;
    expect(await ask('loss')).toEqual({ loss: ['aut_1@1', 'aut_2@1'] });
  });
});
