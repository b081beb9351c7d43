/** The sum of a metric over a local runtime's lines, as CloudWatch makes it of them; of all functions if none is named. */
export function metricSum(log: Record<string, unknown>[], name: string, functionName = ''): number {
  const lines = log.filter(
    ({ FunctionName, _aws }) =>
      String(FunctionName).startsWith(`signalbox-local-${functionName}`) &&
      JSON.stringify(_aws).includes(`"Name":"${name}"`),
  );
  return lines.reduce((sum, line) => sum + Number(line[name]), 0);
}
