import { type Connection, connect } from './connection.ts';
import { openScreen, type Screen } from './terminal/screen.ts';
import { badUsage } from './trouble.ts';

/** What a command works with. */
export interface Session {
  screen: Screen;
  connection: Connection;
  /** The team that is meant; a Trouble when none was named. */
  team: string;
  /** The same, where a command can do without. */
  teamIfNamed: string | undefined;
}

export interface SessionOptions {
  json?: boolean;
  text?: boolean;
  team?: string;
}

/** Makes each part when a command first asks for it, so that one without need of a key can do without. */
export function openSession(options: SessionOptions, fallback: Screen['format'] = 'json'): Session {
  let connection: Connection | undefined;
  const teamIfNamed = options.team ?? (process.env['SIGNALBOX_TEAM'] || undefined);
  return {
    screen: openScreen(options, fallback),
    teamIfNamed,
    get connection() {
      connection ??= connect(process.env);
      return connection;
    },
    get team() {
      if (teamIfNamed !== undefined) return teamIfNamed;
      throw badUsage('no team is named', 'name one with --team, or set SIGNALBOX_TEAM');
    },
  };
}
