import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { codeOf, Trouble } from './trouble.ts';

/** Says that a folder is ours; only a folder with this file is ever emptied. */
const markerFile = 'signalbox-data.json';
const marker = { signalbox: 'local data', version: 1 };
const lockFile = 'lock.db';
/** Stands in the folder while a runtime uses it; found at the start, it tells of one that was killed. */
const ownerFile = 'owner.pid';

/** A folder that holds the data of one local runtime, held by this process until `release`. */
export interface DataFolder {
  path: string;
  /** The last runtime here did not stop by itself. */
  wasKilled: boolean;
  release(): void;
}

/** Takes the folder for this process, made or emptied as asked; a Trouble when it cannot be used. */
export function openDataFolder(path: string, { fresh = false } = {}): DataFolder {
  makeOurs(path);
  const unlock = lock(path);
  try {
    if (fresh) empty(path);
    checkMarker(path);
    const owner = join(path, ownerFile);
    const wasKilled = existsSync(owner);
    writeFileSync(owner, String(process.pid));
    return {
      path,
      wasKilled,
      release: () => {
        rmSync(owner, { force: true });
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Makes the folder if it is absent, and marks an empty one; anything else must carry the marker. */
function makeOurs(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    const files = readdirSync(path);
    if (files.length === 0) writeFileSync(join(path, markerFile), `${JSON.stringify(marker)}\n`);
    else if (!files.includes(markerFile)) {
      throw new Trouble(
        `The folder ${path} holds other things than Signalbox data and was left alone: name another folder with --data.`,
      );
    }
  } catch (error) {
    if (error instanceof Trouble) throw error;
    const reason = unusable[codeOf(error) ?? ''] ?? `cannot be used (${codeOf(error)})`;
    throw new Trouble(`The data folder ${path} ${reason}: name another folder with --data.`, {
      cause: error,
    });
  }
}

const unusable: Record<string, string> = {
  EEXIST: 'is a file',
  ENOTDIR: 'lies below a file',
  EACCES: 'may not be written',
  EPERM: 'may not be written',
  EROFS: 'lies on a read-only disk',
  ENOSPC: 'lies on a full disk',
};

function checkMarker(path: string): void {
  if (readVersion(path) === marker.version) return;
  throw new Trouble(
    `The data in ${path} is damaged or of another version of Signalbox: start with --fresh to empty it, or name another folder with --data.`,
  );
}

function readVersion(path: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(path, markerFile), 'utf8')) as { version?: unknown } | null)
      ?.version;
  } catch {
    return undefined;
  }
}

/** Empties the folder but for the lock, which this process holds. */
function empty(path: string): void {
  for (const file of readdirSync(path)) {
    if (file !== lockFile && file !== markerFile) rmSync(join(path, file), { recursive: true, force: true });
  }
  writeFileSync(join(path, markerFile), `${JSON.stringify(marker)}\n`);
}

/** An SQLite lock is the system's: it goes with the process, however that ends, so no lock is ever stale. */
function lock(path: string): () => void {
  const file = join(path, lockFile);
  let database = new DatabaseSync(file);
  try {
    if (isDamaged(database)) {
      // It holds nothing but the lock itself.
      database.close();
      rmSync(file);
      database = new DatabaseSync(file);
    }
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new Trouble(
      `Another Signalbox${ownerOf(path)} uses the data folder ${path}: stop it, or name another folder with --data.`,
      { cause: error },
    );
  }
  return () => database.close();
}

function isDamaged(database: DatabaseSync): boolean {
  try {
    database.exec('PRAGMA user_version');
    return false;
  } catch (error) {
    return error instanceof Error && error.message.includes('not a database');
  }
}

function ownerOf(path: string): string {
  try {
    return ` (process ${readFileSync(join(path, ownerFile), 'utf8')})`;
  } catch {
    return '';
  }
}
