import { parseAllowedRanges } from '../../core/address.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Caller } from '../../core/key.ts';
import { answer } from '../../lambdas/admin/answer.ts';
import type { Vault } from '../../lambdas/admin/context.ts';
import { httpHandler } from '../../lambdas/shared/http.ts';
import { WatchCache, watchCacheDeps } from '../../lambdas/shared/watch-cache.ts';
import type { Table } from '../../store/client.ts';
import { checkAnswer } from './answers.ts';
import { startStore } from './store-table.ts';

export interface ApiAnswer {
  status: number;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every form.
  body: any;
}

interface CallOptions {
  caller?: Caller;
  headers?: Record<string, string>;
}

export interface AdminApiOptions {
  now?: () => number;
  sendDelivery?: (delivery: Delivery) => Promise<void>;
  vault?: Vault;
}

export type Api = ReturnType<typeof adminApi>;

const ADMIN: Caller = { keyId: 'key_admin', role: 'org_admin' };

const refuse = async (): Promise<never> => {
  throw new Error('nothing here sends a delivery');
};

let versions = 0;
const version = async () => `v${++versions}`;

/** Forgets every value: nothing here reads one. */
const forgetful: Vault = { create: version, replace: version, remove: async () => {} };

/**
 * The admin function's routes on a table, without a network; nothing of what it remembers is trusted. Each answer is
 * held against the OpenAPI document.
 */
export function adminApi(
  table: Table,
  {
    now = Date.now,
    sendDelivery = refuse as (delivery: Delivery) => Promise<void>,
    vault = forgetful,
  }: AdminApiOptions = {},
) {
  let looks = 0;
  const watches = new WatchCache({ ...watchCacheDeps(table), now: () => ++looks * 60_000 });
  return async function call(
    method: string,
    path: string,
    body?: unknown,
    { caller = ADMIN, headers = {} }: CallOptions = {},
  ): Promise<ApiAnswer> {
    const [rawPath = '', rawQueryString = ''] = path.split('?');
    const handle = httpHandler((request) =>
      answer(request, caller, {
        table,
        watches,
        now,
        allowedAddresses: parseAllowedRanges(''),
        secretNamePrefix: 'test/',
        sendDelivery,
        vault,
      }),
    );
    const event = {
      ...{ rawPath, rawQueryString, headers },
      requestContext: { http: { method }, requestId: 'req' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      isBase64Encoded: false,
    };
    const result = (await handle(event as never)) as {
      statusCode: number;
      headers: Record<string, string>;
      body?: string;
    };
    const answered = result.body && JSON.parse(result.body);
    const contentType = result.headers['content-type'] ?? '';
    checkAnswer(method, rawPath, { status: result.statusCode, contentType, body: answered });
    return { status: result.statusCode, headers: result.headers, body: answered };
  };
}

/** The same on a table of its own, without the function's lines on standard output; `stop` removes both. */
export async function startAdminApi(options: AdminApiOptions = {}) {
  const { table, stop } = await startStore();
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  return {
    table,
    call: adminApi(table, options),
    stop: async () => {
      jest.restoreAllMocks();
      await stop();
    },
  };
}
