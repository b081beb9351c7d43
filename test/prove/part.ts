/** What a part of the proof works with. */
export interface Setting {
  folder: string;
  /** The product as the simulator runs it. */
  bundle: string;
  schedules: number;
  /** The first seed. */
  from: number;
  /** So many workers at a time. */
  workers: number;
  /** Parts of the names of bugs to plant. */
  plant: string[];
}

export interface Proved {
  isProved: boolean;
  /** What was seen, in one line. */
  says: string;
}

export interface Part {
  name: string;
  prove: (setting: Setting) => Promise<Proved>;
}

export const count = (number: number) => number.toLocaleString('en');

/** Where it is a terminal: how far something is. */
export function showProgress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`);
}

export function endProgress(): void {
  showProgress('');
}
