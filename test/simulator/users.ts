import type { WireEvent } from '../oracle/world.ts';
import type { Accepted, Automation, Change, Delivery, Listed, Secret } from './checker/observed.ts';
import type { Plan, PlannedAutomation } from './plan.ts';
import { ADMIN_KEY } from './product.ts';
import type { World } from './world.ts';

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the API
  body: any;
}

const NO_ANSWER_MS = 30_000;

function httpEvent(method: string, path: string, body?: unknown, query = '') {
  return {
    rawPath: path,
    rawQueryString: query,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    requestContext: { http: { method, path }, requestId: 'request' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
}

function answerOf(result: unknown): Answer {
  const { statusCode, body } = result as { statusCode: number; body?: string };
  return { status: statusCode, body: body === undefined ? undefined : JSON.parse(body) };
}

/** The people and programs that use a deployment through its API. */
export class Users {
  readonly automations: Automation[] = [];
  readonly integrationIds: string[] = [];
  readonly accessTokens: Secret[] = [];
  readonly accepted: Accepted[] = [];
  /** What was answered although nothing was wrong with the request. */
  readonly surprises: string[] = [];
  readonly #world: World;
  readonly #plan: Plan;

  constructor(world: World, plan: Plan) {
    this.#world = world;
    this.#plan = plan;
  }

  /** The same users in a copy of their world, as long as none of them waits for anything. */
  copyFor(world: World): Users {
    const copy = new Users(world, this.#plan);
    copy.automations.push(...this.automations);
    copy.integrationIds.push(...this.integrationIds);
    copy.accessTokens.push(...this.accessTokens);
    copy.accepted.push(...this.accepted);
    copy.surprises.push(...this.surprises);
    return copy;
  }

  /** Sets everything up before anything can go wrong. */
  async setUp(): Promise<void> {
    const { team, integrations, automations } = this.#plan;
    this.#world.vault.answer({ kind: 'CreateSecret', input: { Name: 'admin-key', SecretString: ADMIN_KEY } });
    await this.#now('POST', '/v1/teams', { name: team });
    const first = 'access-token-0';
    await this.#now('PUT', `/v1/teams/${team}/secrets/TOKEN`, { value: first });
    this.accessTokens.push({ value: first, askedAtMs: 0, answeredAtMs: 0 });
    for (const [at, { url, manner }] of integrations.entries()) {
      const input = { type: 'webhook', team, name: `hook-${at}`, url, access_token_secret: 'TOKEN' };
      const { body } = await this.#now('POST', '/v1/integrations', input);
      this.integrationIds.push(body.id);
      this.#world.receivers.behave(url, manner);
    }
    for (const [at, planned] of automations.entries()) {
      const { body } = await this.#now('POST', '/v1/automations', this.#inputOf(planned, at));
      this.automations.push(this.#observed(body.id, planned));
    }
  }

  #inputOf(planned: PlannedAutomation, at: number) {
    const { scope, trigger, integration, supersede, maxPerMinute, expiresAfterSeconds } = planned;
    return {
      name: `automation ${at}`,
      team: this.#plan.team,
      ...{ scope, trigger },
      action:
        integration === undefined
          ? { type: 'no_op' }
          : { type: 'webhook', integration: this.integrationIds[integration], payload: payloadOf('first') },
      delivery: {
        supersede,
        max_per_minute: maxPerMinute,
        ...(expiresAfterSeconds !== undefined && { expires_after_seconds: expiresAfterSeconds }),
      },
    };
  }

  #observed(id: string, planned: PlannedAutomation): Automation {
    const { scope, trigger, supersede, maxPerMinute, expiresAfterSeconds } = planned;
    const integration =
      planned.integration === undefined ? undefined : this.integrationIds[planned.integration];
    return {
      ...{ id, scope, trigger, team: this.#plan.team, savedAtMs: this.#world.nowMs },
      ...{ integration, supersede, maxPerMinute, expiresAfterSeconds, changes: [] },
    };
  }

  /** Everybody begins with what he plans to do. */
  begin(): void {
    for (const requests of this.#plan.senders) this.#go(() => this.#post(requests));
    for (const [at, planned] of this.#plan.automations.entries()) {
      if (planned.change) this.#go(() => this.#change(at, planned));
    }
    if (this.#plan.rotations.length > 0) this.#go(() => this.#rotate());
    for (const atMs of this.#plan.broken) {
      this.#world.plan(atMs, () =>
        this.#world.queues.events.send({
          Id: '',
          MessageBody: '{',
          MessageGroupId: 'x',
          MessageDeduplicationId: `${atMs}`,
        }),
      );
    }
  }

  #go(work: () => Promise<void>): void {
    work().catch((error: Error) => this.surprises.push(String(error.stack)));
  }

  async #until(atMs: number): Promise<void> {
    await this.#world.wait(Math.max(0, atMs - this.#world.nowMs));
  }

  async #post(requests: { atMs: number; events: WireEvent[] }[]): Promise<void> {
    for (const { atMs, events } of requests) {
      await this.#until(atMs);
      const postedAtMs = this.#world.nowMs;
      const isTaken = await this.#persist('ingest', ['POST', '/v1/events', events]);
      const acceptedAtMs = this.#world.nowMs;
      if (isTaken) for (const event of events) this.accepted.push({ event, postedAtMs, acceptedAtMs });
    }
  }

  /**
   * Repeats a request until it is answered; false when it is refused. `fine` are statuses that say what a lost answer
   * said before.
   */
  async #persist(
    name: 'ingest' | 'admin',
    request: Parameters<typeof httpEvent>,
    fine: number[] = [],
  ): Promise<boolean> {
    for (;;) {
      const { status, body } = (await this.#ask(name, httpEvent(...request))) ?? { status: 504, body: '' };
      if (status < 300 || fine.includes(status)) return true;
      // 412: somebody else was faster, and that was a repetition of this.
      if (status < 500 && status !== 412) {
        this.surprises.push(`${request[0]} ${request[1]}: ${status} ${JSON.stringify(body)}`);
        return false;
      }
      await this.#world.wait(this.#world.random.between(1_000, 20_000));
    }
  }

  /** Undefined when no answer came. */
  #ask(name: 'ingest' | 'admin', event: unknown): Promise<Answer | undefined> {
    const world = this.#world;
    return new Promise((resolve) => {
      world.plan(world.nowMs + world.random.between(1, 30), () =>
        world.invoke(name, event, (ending) => {
          const isLost = world.random.chance(world.faults.unanswered);
          if ('answer' in ending && !isLost) resolve(answerOf(ending.answer));
          else world.plan(world.nowMs + NO_ANSWER_MS, () => resolve(undefined));
        }),
      );
    });
  }

  async #rotate(): Promise<void> {
    for (const [at, atMs] of this.#plan.rotations.entries()) {
      await this.#until(atMs);
      const secret = {
        value: `access-token-${at + 1}`,
        askedAtMs: this.#world.nowMs,
        answeredAtMs: Infinity,
      };
      this.accessTokens.push(secret);
      const path = `/v1/teams/${this.#plan.team}/secrets/TOKEN`;
      await this.#persist('admin', ['PUT', path, { value: secret.value }]);
      secret.answeredAtMs = this.#world.nowMs;
    }
  }

  async #change(at: number, { change }: PlannedAutomation): Promise<void> {
    const automation = this.automations[at];
    if (!automation || !change) return;
    await this.#until(change.atMs);
    const kinds: Change['kind'][] = change.kind === 'enable' ? ['disable', 'enable'] : [change.kind];
    for (const kind of kinds) {
      const noted = { kind, askedAtMs: this.#world.nowMs, answeredAtMs: Number.POSITIVE_INFINITY };
      automation.changes.push(noted);
      await this.#make(automation, kind);
      noted.answeredAtMs = this.#world.nowMs;
      if (kinds.length > 1) await this.#world.wait(this.#world.random.between(1_000, 60_000));
    }
  }

  async #make({ id, integration, trigger }: Automation, kind: Change['kind']): Promise<void> {
    const path = `/v1/automations/${id}`;
    if (kind === 'delete') {
      await this.#persist('admin', ['DELETE', path], [404]);
      return;
    }
    const bodies: Record<Exclude<Change['kind'], 'delete'>, unknown> = {
      disable: { enabled: false },
      enable: { enabled: true },
      'edit trigger': { trigger: { ...trigger, filter: { user: 'nobody' } } },
      'edit action':
        integration === undefined
          ? { description: 'other' }
          : { action: { type: 'webhook', integration, payload: payloadOf('other') } },
    };
    await this.#persist('admin', ['PATCH', path, bodies[kind]]);
  }

  /** Has a delivery sent again; a conflict says that it is under way. */
  resend(id: string): void {
    this.#go(async () => {
      await this.#persist('admin', ['POST', `/v1/deliveries/${id}/resend`, {}], [409]);
    });
  }

  /** The deliveries as the API lists them, while nothing else happens. */
  async listDeliveries(): Promise<Listed[]> {
    const deliveries: Listed[] = [];
    let after = '';
    do {
      const query = `team=${this.#plan.team}&limit=100${after && `&after=${encodeURIComponent(after)}`}`;
      const { body } = await this.#now('GET', '/v1/deliveries', undefined, query);
      deliveries.push(...body.deliveries);
      after = body.next ?? '';
    } while (after !== '');
    return deliveries;
  }

  /** The deliveries with all their attempts. */
  async readHistory(): Promise<Delivery[]> {
    const history: Delivery[] = [];
    for (const { id } of await this.listDeliveries()) {
      try {
        history.push(await this.#readDelivery(id));
      } catch (error) {
        this.surprises.push(`${id} is listed, and ${(error as Error).message}`);
      }
    }
    return history;
  }

  async #readDelivery(id: string): Promise<Delivery> {
    const path = `/v1/deliveries/${id}`;
    const { body: delivery } = await this.#now('GET', path);
    for (let before = delivery.earlier_attempts; before; ) {
      const { body: page } = await this.#now('GET', path, undefined, `before=${before}`);
      delivery.attempts.unshift(...page.attempts);
      before = page.earlier_attempts;
    }
    return delivery;
  }

  async #now(...request: Parameters<typeof httpEvent>): Promise<Answer> {
    const answer = answerOf(await this.#world.instantly('admin', httpEvent(...request)));
    if (answer.status >= 300)
      throw new Error(`${request[1]}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  }
}

const payloadOf = (mark: string) => ({
  mark,
  automation: '${automation_id}',
  event: '${event_id}',
  run: '${entity_name}/${project_name}/${run_id}',
  metric: '${metric_name}',
  step: '${step}',
  delivery: '${delivery_id}',
});
