import type { CallInput } from '../core/api/client.ts';
import type { RouteName } from '../core/api/routes.ts';
import type { Connection, Listed } from './connection.ts';

const LARGEST_PAGE = 100;

interface ListInput {
  params?: Record<string, string>;
  query?: Record<string, unknown>;
}

/** Each item of a list in turn; a page is read when its items are wanted. */
async function* itemsOf<Name extends RouteName, Field extends string>(
  { call }: Connection,
  route: Name,
  field: Field,
  { params, query }: ListInput = {},
): AsyncGenerator<Listed<Name, Field>> {
  let after: string | undefined;
  do {
    const input = { ...(params && { params }), query: { limit: LARGEST_PAGE, after, ...query } };
    const { body } = await call(route, input as unknown as CallInput<Name>);
    const page = body as Record<string, unknown>;
    yield* page[field] as Listed<Name, Field>[];
    after = (page['next'] as string | null | undefined) ?? undefined;
  } while (after !== undefined);
}

/** All items of a list, or the first `atMost`. */
export async function everyItem<Name extends RouteName, Field extends string>(
  connection: Connection,
  route: Name,
  field: Field,
  input: ListInput = {},
  atMost = Number.POSITIVE_INFINITY,
): Promise<Listed<Name, Field>[]> {
  const items: Listed<Name, Field>[] = [];
  for await (const item of itemsOf(connection, route, field, input)) {
    items.push(item);
    if (items.length >= atMost) break;
  }
  return items;
}
