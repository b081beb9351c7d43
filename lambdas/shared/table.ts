import { openTable, type Table, type TableOptions } from '../../store/client.ts';
import { logStage } from './log.ts';

/** The function's table. Attempts that are throttled leave a line each: where a retry saves them, nobody else would tell. */
export function tableOf(
  { TABLE_NAME: name, HISTORY_DAYS: historyDays }: { TABLE_NAME: string; HISTORY_DAYS?: string },
  options: Pick<TableOptions, 'maxAttempts'> = {},
): Table {
  return openTable(name, {
    ...options,
    ...(historyDays !== undefined && { historyDays: Number(historyDays) }),
    onThrottle: (throttle) => logStage({ stage: 'table.throttled', ...throttle }),
  });
}
