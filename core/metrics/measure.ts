/** The number that an automation's bound is compared with. */
export type Measure =
  | { kind: 'aggregate'; aggregate: 'last' | 'min' | 'max' | 'average'; window: number }
  | {
      kind: 'change';
      aggregate: 'min' | 'max' | 'average';
      window: number;
      priorWindow: number;
      changeType: 'relative' | 'absolute';
    }
  | { kind: 'zscore'; window: number };

/** How many of the newest values a measure looks at. */
export function reachOf(measure: Measure): number {
  switch (measure.kind) {
    case 'aggregate':
      return measure.window;
    case 'change':
      return measure.window + measure.priorWindow;
    case 'zscore':
      return measure.window + 1;
  }
}

/** Measures of one key are the same number for the same series. */
export function measureKey(measure: Measure): string {
  switch (measure.kind) {
    case 'aggregate':
      return `${measure.aggregate}/${measure.window}`;
    case 'change':
      return `change/${measure.changeType}/${measure.aggregate}/${measure.window}/${measure.priorWindow}`;
    case 'zscore':
      return `zscore/${measure.window}`;
  }
}
