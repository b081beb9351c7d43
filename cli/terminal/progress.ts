/** A line that tells how far long work has come; shown on standard error where that is a terminal. */
export interface Progress {
  show: (text: string) => void;
  /** Takes the line away. */
  clear: () => void;
}

const REDRAW_MS = 100;
const ERASE_LINE = '\r\u001b[2K';

export function startProgress(stream: NodeJS.WriteStream = process.stderr, now = Date.now): Progress {
  if (!stream.isTTY) return { show: () => {}, clear: () => {} };
  let drawnAtMs = 0;
  let isShown = false;
  return {
    show: (text) => {
      if (now() - drawnAtMs < REDRAW_MS) return;
      drawnAtMs = now();
      isShown = true;
      stream.write(ERASE_LINE + text.slice(0, stream.columns - 1));
    },
    clear: () => {
      if (isShown) stream.write(ERASE_LINE);
      isShown = false;
      drawnAtMs = 0;
    },
  };
}
