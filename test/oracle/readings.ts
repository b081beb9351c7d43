// Where docs/triggers.md leaves something open: what the oracle takes it to say, and the other possibility.

export interface Readings {
  /** Rule 6: how many values a `not_finite` condition looks at, as a reach that a series is kept for. */
  notFiniteReach: 0 | 1;
  /** Rules 3 and 6: a non-finite value older than all of a full series is judged, and not counted as late. */
  judgesLateNonFinite: boolean;
  /** Rules 2 and 6: a non-finite value for a step that the series holds is judged. */
  judgesRepeatedNonFinite: boolean;
  /** Rules 7 and 8: events that no automation looks at name attempts (and count as late) all the same. */
  unwatchedEventsNameAttempts: boolean;
  /** States and ends that were remembered are gone as soon as a moment comes at which nobody watches. */
  forgetsWhatNobodyWatches: boolean;
  /** A window that does not count (not full, too old, too few runs) is a judgement "not met". */
  judgesWindowsThatDoNotCount: boolean;
  /** An occurrence that fired before, decided again, is the latch's last firing. */
  sameOccurrenceMovesLatch: boolean;
  /** An artifact, collection or custom event that comes again fires what was saved in between. */
  repostsReachNewAutomations: boolean;
  /** A `run.state` event that comes again does nothing. */
  repostedStatesDoNothing: boolean;
  /** An event in a registry falls into the scope of the team that sent it. */
  teamHoldsRegistryEvents: boolean;
}

/** The most literal reading of each. */
export const LITERAL: Readings = {
  notFiniteReach: 1,
  judgesLateNonFinite: false,
  judgesRepeatedNonFinite: false,
  unwatchedEventsNameAttempts: false,
  forgetsWhatNobodyWatches: true,
  judgesWindowsThatDoNotCount: false,
  sameOccurrenceMovesLatch: true,
  repostsReachNewAutomations: true,
  repostedStatesDoNothing: true,
  teamHoldsRegistryEvents: false,
};
