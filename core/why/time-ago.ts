const UNITS: readonly [name: string, ms: number][] = [
  ['day', 24 * 60 * 60_000],
  ['hour', 60 * 60_000],
  ['minute', 60_000],
  ['second', 1_000],
];

/** A moment as people read it: `5 minutes ago (2026-11-24T10:00:00Z)`. */
export function timeAgo(atMs: number, nowMs: number): string {
  const time = timeText(atMs);
  const distanceMs = Math.abs(nowMs - atMs);
  const unit = UNITS.find(([, ms]) => distanceMs >= ms);
  if (!unit) return `just now (${time})`;
  const count = Math.floor(distanceMs / unit[1]);
  const distance = `${count} ${unit[0]}${count === 1 ? '' : 's'}`;
  return atMs > nowMs ? `in ${distance} (${time})` : `${distance} ago (${time})`;
}

/** A moment to the second. */
function timeText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}
