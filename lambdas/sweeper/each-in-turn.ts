/** Does one thing after the other, also when one of them fails; then throws what the first that failed threw. */
export async function eachInTurn(things: (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const thing of things) await thing().catch((error: unknown) => errors.push(error));
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('; '));
  if (errors.length === 1) throw errors[0];
}
