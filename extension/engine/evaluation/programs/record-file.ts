/** Records as JSON Lines: each is written as soon as it is there, and a run that was ended goes on behind the last one. */
import { appendFileSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { EngineError } from '../../errors.ts';
import type { ProgramRecord, RunSettings } from './record.ts';

export class RecordFile {
  readonly #path: string | null;
  readonly #settings: RunSettings;
  readonly #records: ProgramRecord[];
  readonly #places: Set<string>;

  private constructor(path: string | null, settings: RunSettings, records: ProgramRecord[]) {
    this.#path = path;
    this.#settings = settings;
    this.#records = records;
    this.#places = new Set(records.map(({ task_id, sample }) => placeOf(task_id, sample)));
  }

  /**
   * @param path null: records are kept in memory alone
   * @throws EngineError where the file holds something else, or records of other settings
   */
  static open(path: string | null, settings: RunSettings): RecordFile {
    const records = path === null ? [] : readRecords(path);
    for (const record of records) requireSame(path ?? '', record.settings, settings);
    return new RecordFile(path, settings, records);
  }

  get settings(): RunSettings {
    return this.#settings;
  }

  get records(): readonly ProgramRecord[] {
    return this.#records;
  }

  has(taskId: string, sample: number): boolean {
    return this.#places.has(placeOf(taskId, sample));
  }

  add(record: ProgramRecord): void {
    if (this.#path !== null) appendFileSync(this.#path, `${JSON.stringify(record)}\n`);
    this.#records.push(record);
    this.#places.add(placeOf(record.task_id, record.sample));
  }
}

function placeOf(taskId: string, sample: number): string {
  return `${taskId}#${sample}`;
}

/** A last line without its line feed was cut off while it was written: it is taken away, and its task done again. */
function readRecords(path: string): ProgramRecord[] {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return [];
  const bytes = readFileSync(path);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  if (whole < bytes.length) {
    if (!isBeginning(bytes.subarray(whole))) throw isOther(path, whole === 0 ? 1 : undefined);
    truncateSync(path, whole);
  }
  const lines = bytes.toString('utf8', 0, whole).split('\n').slice(0, -1);
  return lines.map((line, index) => recordIn(line) ?? refuse(path, index + 1));
}

/** Nothing but our own half line is ever thrown away. */
function isBeginning(bytes: Buffer): boolean {
  const start = '{"task_id":';
  const text = bytes.toString('utf8');
  return text.startsWith(start) || start.startsWith(text);
}

function recordIn(line: string): ProgramRecord | null {
  try {
    const value = JSON.parse(line) as Partial<ProgramRecord> | null;
    const { task_id: id, sample, settings } = value ?? {};
    const isRecord = typeof id === 'string' && typeof sample === 'number' && typeof settings === 'object';
    return isRecord ? (value as ProgramRecord) : null;
  } catch {
    return null;
  }
}

function refuse(path: string, line: number): never {
  throw isOther(path, line);
}

function isOther(path: string, line?: number): EngineError {
  const where = line === undefined ? 'its last line' : `line ${line}`;
  return new EngineError(
    'badInput',
    `${path} holds something else (${where}): name another file for records`,
  );
}

/** @throws EngineError that says what differs */
function requireSame(path: string, held: RunSettings, wanted: RunSettings): void {
  const names = Object.keys(wanted) as (keyof RunSettings)[];
  const other = names.find((name) => held[name] !== wanted[name]);
  if (other === undefined) return;
  throw new EngineError(
    'badInput',
    `${path} holds records with ${other} ${String(held[other])}, not ${String(wanted[other])}: go on with the same options, or name another file`,
  );
}
