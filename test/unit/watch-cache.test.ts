import type { AutomationDefinition, Head, Revision } from '../../core/automation.ts';
import { eventReader } from '../../core/matching/event-reader.ts';
import { type Watch, watchesOf } from '../../core/watch.ts';
import { WatchCache, type WatchCacheDeps } from '../../lambdas/shared/watch-cache.ts';
import type { WatchChange, WatchEntry } from '../../store/watches.ts';
import { aDefinition, onEvent, onMetrics, onStates, onThreshold } from '../support/builders.ts';

/** A run's place: the scopes organization, team/vision and project/vision/mnist cover it. */
const PLACE = { team: 'vision', project: 'mnist' };
const KEPT = 50;

/** The table of automations in memory: heads, revisions, hints and the change feed. */
function setUp() {
  const heads = new Map<string, Head>();
  const revisions = new Map<string, Revision>();
  const hints = new Map<string, WatchEntry[]>();
  const feed = { version: 0, recent: [] as WatchChange[] };
  const reads = { feed: 0, watches: [] as string[], heads: [] as string[], revisions: [] as string[] };
  const clock = { nowMs: 0 };
  /** What happens between a read's look at the table and its answer. */
  const meanwhile: { heads?: (() => Promise<void>) | undefined; feed?: () => Promise<void> } = {};
  const outage = { of: '' };
  const deps: WatchCacheDeps = {
    readFeed: async () => {
      reads.feed++;
      if (outage.of === 'feed') throw new Error('DynamoDB is away');
      return structuredClone(feed);
    },
    readWatches: async (scopeKey) => {
      reads.watches.push(scopeKey);
      if (outage.of === 'watches') throw new Error('DynamoDB is away');
      return [...(hints.get(scopeKey) ?? [])];
    },
    readHeads: async (ids) => {
      reads.heads.push(...ids);
      if (outage.of === 'heads') throw new Error('DynamoDB is away');
      const found = ids.flatMap((id) => structuredClone(heads.get(id)) ?? []);
      const wait = meanwhile.heads;
      meanwhile.heads = undefined;
      await wait?.();
      return found;
    },
    readRevisions: async (wanted) => {
      reads.revisions.push(...wanted.map(({ id, revision }) => `${id}@${revision}`));
      return wanted.flatMap(({ id, revision }) => revisions.get(`${id}@${revision}`) ?? []);
    },
    now: () => clock.nowMs,
  };

  function announce(automationId: string, ...scopes: string[]) {
    feed.version++;
    feed.recent = [...feed.recent, { automationId, scopes: [...new Set(scopes)] }].slice(-KEPT);
  }
  const scopeOf = (definition: Pick<AutomationDefinition, 'scope' | 'trigger'>) =>
    watchesOf(definition)[0].scopeKey;

  const nextOf = (id: string) => {
    const revision = heads.get(id)?.revision ?? 0;
    return { revision: revision + 1, was: revisions.get(`${id}@${revision}`)?.definition };
  };
  /** Writes revision, hints and head in the order of the store; `announced` is where the save tells of itself. */
  function save(
    id: string,
    change: Partial<AutomationDefinition> = {},
    { enabled = true, announced = ['before', 'after'], dies = false } = {},
  ) {
    const definition = aDefinition(change);
    const { revision, was = definition } = nextOf(id);
    const base = { automationId: id, savedAtMs: 0, triggerSavedAtMs: 0, savedBy: 'key' };
    revisions.set(`${id}@${revision}`, { ...base, revision, definition });
    for (const watch of watchesOf(definition)) hint(watch, id);
    const scopes = [was, definition].map(scopeOf);
    if (announced.includes('before')) announce(id, ...scopes);
    if (dies) return;
    heads.set(id, {
      id,
      team: 'vision',
      revision,
      enabled,
      version: revision,
      createdAtMs: 0,
      updatedAtMs: 0,
    });
    if (announced.includes('after')) announce(id, ...scopes);
  }
  function hint({ scopeKey, event, metric }: Watch, automationId: string) {
    const known = hints.get(scopeKey) ?? [];
    hints.set(scopeKey, [
      ...known.filter(
        (one) => one.automationId !== automationId || one.metric !== metric || one.event !== event,
      ),
      { event, metric, automationId, reach: 1 },
    ]);
  }
  function remove(id: string) {
    const head = heads.get(id)!;
    const { definition } = revisions.get(`${id}@${head.revision}`)!;
    announce(id, scopeOf(definition));
    heads.delete(id);
    announce(id, scopeOf(definition));
  }

  const cache = new WatchCache(deps);
  /** The automations on these metrics, in any scope, and each with its revision. */
  const ask = async (...metrics: string[]) => {
    const wants = metrics.map((metric) => ({ event: 'run.metrics' as const, metric }));
    const indexes = await cache.load(PLACE, wants);
    const found = indexes.flatMap((index) =>
      metrics.flatMap((metric) =>
        (index.metric(metric)?.groupsFor(eventReader({})) ?? [])
          .flatMap(({ tables }) => tables)
          .flatMap((table) => {
            const met: { automationId: string; revision: number }[] = [];
            table.collect(-1e9, met as never);
            return met.map(({ automationId, revision }) => `${automationId}@${revision}`);
          }),
      ),
    );
    return found.sort();
  };
  return { heads, hints, feed, reads, clock, meanwhile, outage, save, hint, remove, announce, cache, ask };
}

const emptyReads = { feed: 0, watches: [], heads: [], revisions: [] };
const scopesOfPlace = ['organization', 'team/vision', 'project/vision/mnist'];

describe('the watch cache', () => {
  test('reads the feed and each scope once where nothing was ever saved, then nothing', async () => {
    const { ask, reads } = setUp();
    const metrics = Array.from({ length: 100 }, (_, n) => `m${n}`);
    expect(await ask(...metrics)).toEqual([]);
    expect(await ask(...metrics)).toEqual([]);
    expect(reads).toEqual({ ...emptyReads, feed: 1, watches: scopesOfPlace });
  });

  test('remembers that nobody watches a metric', async () => {
    const { ask, reads, save } = setUp();
    save('aut_1');
    await ask('accuracy');
    await ask('accuracy');
    expect(reads).toEqual({ ...emptyReads, feed: 1, watches: scopesOfPlace });
  });

  test('loads the automations of the metrics asked for, once', async () => {
    const { ask, reads, save } = setUp();
    save('aut_1');
    save('aut_2', { trigger: onThreshold({ metric: 'accuracy' }) });
    expect(await ask('loss', 'other')).toEqual(['aut_1@1']);
    expect(await ask('loss', 'other')).toEqual(['aut_1@1']);
    expect([reads.heads, reads.revisions]).toEqual([['aut_1'], ['aut_1@1']]);
  });

  test('loads once for those who ask at the same time', async () => {
    const { ask, reads, save } = setUp();
    save('aut_1');
    const answers = await Promise.all([ask('loss'), ask('loss'), ask('loss', 'accuracy')]);
    expect(answers).toEqual([['aut_1@1'], ['aut_1@1'], ['aut_1@1']]);
    expect(reads).toEqual({ feed: 1, watches: scopesOfPlace, heads: ['aut_1'], revisions: ['aut_1@1'] });
  });

  test('finds the automations of every scope that covers a place, by kind', async () => {
    const { save, cache } = setUp();
    save('org', { scope: { kind: 'organization' }, trigger: onStates(['FAILED']) });
    save('team', { scope: { kind: 'team', team: 'vision' }, trigger: onEvent('custom.x') });
    save('project', {});
    save('other', { scope: { kind: 'project', team: 'vision', project: 'other' } });
    const wants = [
      { event: 'run.state' as const, metric: '' },
      { event: 'custom.x' as const, metric: '' },
      { event: 'run.metrics' as const, metric: 'loss' },
    ];
    const [org, team, project] = await cache.load(PLACE, wants);
    expect([org!.states()!.size, org!.size]).toEqual([1, 1]);
    expect([team!.plain('custom.x')!.size, team!.size]).toEqual([1, 1]);
    expect([project!.metric('loss')!.size, project!.size]).toEqual([1, 1]);
  });

  test('says which metrics are watched on an event, without loading anybody', async () => {
    const { save, cache, reads } = setUp();
    const across = (metric: string) => onMetrics({ zscore: { metric, across: 'runs' } });
    save('a', { trigger: across('a#b') });
    save('b', { trigger: across('loss'), scope: { kind: 'organization' } });
    save('c', { trigger: across('loss') });
    save('d', { trigger: onThreshold({ metric: 'other' }) });
    expect((await cache.metricsOn(PLACE, 'run.ended')).sort()).toEqual(['a#b', 'loss']);
    expect((await cache.metricsOn(PLACE, 'run.metrics')).sort()).toEqual(['a#b', 'loss', 'other']);
    expect(reads.heads).toEqual([]);
  });

  test('leaves out what is disabled or deleted', async () => {
    const { ask, heads, save } = setUp();
    save('aut_1', {}, { enabled: false });
    save('aut_2');
    heads.delete('aut_2');
    expect(await ask('loss')).toEqual([]);
  });

  test('does not trust a hint that is older than its automation', async () => {
    const { ask, hint, save } = setUp();
    save('aut_1', { trigger: onThreshold({ metric: 'accuracy' }) });
    hint({ scopeKey: 'project/vision/mnist', event: 'run.metrics', metric: 'loss' }, 'aut_1');
    hint({ scopeKey: 'team/vision', event: 'run.metrics', metric: 'accuracy' }, 'aut_1');
    expect(await ask('loss')).toEqual([]);
    expect(await ask('loss', 'accuracy')).toEqual(['aut_1@1']);
  });
});

describe('a change', () => {
  test('is seen after two seconds, by one read of the feed, and only what changed is read again', async () => {
    const { ask, reads, save, clock } = setUp();
    save('aut_1');
    save('aut_2');
    await ask('loss');
    save('aut_2');
    const before = structuredClone(reads);
    clock.nowMs = 1_999;
    expect(await ask('loss')).toEqual(['aut_1@1', 'aut_2@1']);
    expect(reads).toEqual(before);
    clock.nowMs = 2_000;
    expect(await ask('loss')).toEqual(['aut_1@1', 'aut_2@2']);
    expect(reads).toEqual({
      feed: before.feed + 1,
      watches: before.watches,
      heads: [...before.heads, 'aut_2'],
      revisions: [...before.revisions, 'aut_2@2'],
    });
  });

  test('none: the feed is read every two seconds, and no scope ever again', async () => {
    const { ask, reads, save, clock } = setUp();
    save('aut_1');
    await ask('loss');
    const { feed, ...others } = structuredClone(reads);
    for (let n = 1; n <= 20; n++) {
      clock.nowMs = n * 2_000;
      await ask('loss');
    }
    expect(reads).toEqual({ ...others, feed: feed + 20 });
  });

  test('in a scope that no event fell into costs nothing', async () => {
    const { ask, reads, save, clock } = setUp();
    await ask('loss');
    save('aut_1', { scope: { kind: 'project', team: 'vision', project: 'other' } });
    clock.nowMs = 2_000;
    await ask('loss');
    expect([reads.heads, reads.watches]).toEqual([[], scopesOfPlace]);
  });

  test('brings a new automation, also on a metric that was known to be unwatched', async () => {
    const { ask, save, clock } = setUp();
    await ask('loss', 'accuracy');
    save('aut_1');
    clock.nowMs = 2_000;
    expect(await ask('loss', 'accuracy')).toEqual(['aut_1@1']);
  });

  test('brings a second automation on a metric that is loaded', async () => {
    const { ask, save, clock } = setUp();
    save('aut_1');
    await ask('loss');
    save('aut_2');
    clock.nowMs = 2_000;
    expect(await ask('loss')).toEqual(['aut_1@1', 'aut_2@1']);
  });

  test('takes away what was disabled, and brings it back', async () => {
    const { ask, save, clock } = setUp();
    save('aut_1');
    await ask('loss');
    save('aut_1', {}, { enabled: false });
    clock.nowMs = 2_000;
    expect(await ask('loss')).toEqual([]);
    save('aut_1');
    clock.nowMs = 4_000;
    expect(await ask('loss')).toEqual(['aut_1@3']);
  });

  test('takes away what was deleted', async () => {
    const { ask, save, remove, clock } = setUp();
    save('aut_1');
    await ask('loss');
    remove('aut_1');
    clock.nowMs = 2_000;
    expect(await ask('loss')).toEqual([]);
  });

  test('moves an automation from metric to metric, and back', async () => {
    const { ask, save, clock } = setUp();
    save('aut_1');
    await ask('loss');
    save('aut_1', { trigger: onThreshold({ metric: 'accuracy' }) });
    clock.nowMs = 2_000;
    expect(await ask('loss')).toEqual([]);
    expect(await ask('accuracy')).toEqual(['aut_1@2']);
    save('aut_1');
    clock.nowMs = 4_000;
    expect(await ask('accuracy')).toEqual([]);
    expect(await ask('loss')).toEqual(['aut_1@3']);
  });

  test('moves an automation from scope to scope', async () => {
    const { save, cache, clock } = setUp();
    save('aut_1');
    const sizes = async () =>
      (await cache.load(PLACE, [{ event: 'run.metrics', metric: 'loss' }])).map(({ size }) => size);
    expect(await sizes()).toEqual([0, 0, 1]);
    save('aut_1', { scope: { kind: 'organization' } });
    clock.nowMs = 2_000;
    expect(await sizes()).toEqual([1, 0, 0]);
    save('aut_1', { scope: { kind: 'project', team: 'vision', project: 'other' } });
    clock.nowMs = 4_000;
    expect(await sizes()).toEqual([0, 0, 0]);
  });

  test('that was announced before its head was written is looked at again after a minute', async () => {
    const { ask, save, heads, clock } = setUp();
    save('aut_1');
    await ask('loss');
    clock.nowMs = 100_000;
    await ask('loss');
    const head = { ...heads.get('aut_1')!, revision: 2, version: 2 };
    save('aut_1', {}, { announced: ['before'], dies: true });
    clock.nowMs = 102_000;
    expect(await ask('loss')).toEqual(['aut_1@1']);
    // The save wrote its head now, and died before it could tell.
    heads.set('aut_1', head);
    clock.nowMs = 161_999;
    expect(await ask('loss')).toEqual(['aut_1@1']);
    clock.nowMs = 164_000;
    expect(await ask('loss')).toEqual(['aut_1@2']);
  });

  test('is looked at again once, not for ever', async () => {
    const { ask, save, reads, clock } = setUp();
    save('aut_1');
    await ask('loss');
    save('aut_1', {}, { announced: ['after'] });
    for (let n = 1; n <= 100; n++) {
      clock.nowMs = n * 2_000;
      await ask('loss');
    }
    // When it was loaded, when the changes were announced, and a minute after each was first seen.
    expect(reads.heads.length).toBeLessThanOrEqual(5);
  });

  test.each([
    ['as many as the feed keeps are read one by one', KEPT / 2, 0],
    ['more than the feed keeps make the cache forget all', KEPT / 2 + 1, 3],
  ])('%s', async (_name, saves, readsAgain) => {
    const { ask, save, reads, clock } = setUp();
    save('aut_1');
    await ask('loss');
    const { length } = reads.watches;
    for (let n = 0; n < saves; n++) save(`new_${n}`);
    clock.nowMs = 2_000;
    expect(await ask('loss')).toHaveLength(saves + 1);
    expect(reads.watches.length - length).toBe(readsAgain);
  });

  test('that the feed dropped is found although it is told nowhere any more', async () => {
    const { ask, save, remove, clock } = setUp();
    save('aut_1');
    save('aut_2');
    await ask('loss');
    save('aut_1', {}, { enabled: false });
    remove('aut_2');
    for (let n = 0; n < 30; n++) save(`other_${n}`, { scope: { kind: 'team', team: 'audio' } });
    clock.nowMs = 2_000;
    expect(await ask('loss')).toEqual([]);
  });

  test('while a load is under way is not undone by what the load had read', async () => {
    const { ask, save, meanwhile, clock } = setUp();
    save('aut_1');
    let finish = () => {};
    meanwhile.heads = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const slow = ask('loss');
    await new Promise(setImmediate);
    // The load has read revision 1 and waits; somebody asks when the change is there to be seen.
    save('aut_1');
    clock.nowMs = 2_000;
    const next = ask('loss');
    await new Promise(setImmediate);
    finish();
    await slow;
    expect(await next).toEqual(['aut_1@2']);
    expect(await ask('loss')).toEqual(['aut_1@2']);
  });

  test('is read once for all who ask at that moment', async () => {
    const { ask, save, reads, clock } = setUp();
    save('aut_1');
    await ask('loss');
    save('aut_1');
    clock.nowMs = 2_000;
    const { feed, heads } = structuredClone(reads);
    expect(await Promise.all([ask('loss'), ask('loss'), ask('loss')])).toEqual([
      ['aut_1@2'],
      ['aut_1@2'],
      ['aut_1@2'],
    ]);
    expect([reads.feed, reads.heads.length]).toEqual([feed + 1, heads.length + 1]);
  });
});

describe('an outage', () => {
  test.each(['feed', 'watches', 'heads'])(
    'while %s are read fails the batch, and is not remembered',
    async (of) => {
      const { ask, save, outage } = setUp();
      save('aut_1');
      outage.of = of;
      await expect(ask('loss')).rejects.toThrow('away');
      await expect(ask('loss')).rejects.toThrow('away');
      outage.of = '';
      expect(await ask('loss')).toEqual(['aut_1@1']);
    },
  );

  test.each(['feed', 'heads'])(
    'while a change is looked at (%s) is tried again, and the change not lost',
    async (of) => {
      const { ask, save, outage, clock } = setUp();
      save('aut_1');
      await ask('loss');
      save('aut_1');
      clock.nowMs = 2_000;
      outage.of = of;
      await expect(ask('loss')).rejects.toThrow('away');
      outage.of = '';
      expect(await ask('loss')).toEqual(['aut_1@2']);
    },
  );
});
