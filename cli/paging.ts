import type { RouteName } from '../core/api/routes.ts';
import type { CallInput, Connection } from './connection.ts';

/** Each item of a list in turn; pages are read when their items are wanted. */
export async function* itemsOf<Item>(
  connection: Connection,
  route: RouteName,
  field: string,
  { params = {}, query = {} }: CallInput = {},
): AsyncGenerator<Item> {
  let after: string | undefined;
  do {
    const page = { after, ...query };
    const { body } = await connection.call<Record<string, unknown>>(route, { params, query: page });
    yield* body[field] as Item[];
    after = (body['next'] as string | null | undefined) ?? undefined;
  } while (after !== undefined);
}

/** All items of a list, or the first `atMost`. */
export async function everyItem<Item>(
  connection: Connection,
  route: RouteName,
  field: string,
  input: CallInput = {},
  atMost = Number.POSITIVE_INFINITY,
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of itemsOf<Item>(connection, route, field, input)) {
    items.push(item);
    if (items.length >= atMost) break;
  }
  return items;
}
