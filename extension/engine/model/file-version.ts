/** Which file stood at a path when it was opened: a mapped file that somebody writes to is half one model, half another. */
import { statSync } from 'node:fs';

export interface FileVersion {
  readonly path: string;
  readonly inode: number;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** @returns null where there is no such file */
export function fileVersion(path: string): FileVersion | null {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return null;
  return { path, inode: status.ino, bytes: status.size, modifiedMs: status.mtimeMs };
}

/** Whether another file stands there now, or the same with other contents. A deleted one lives on in who has it mapped. */
export function isReplaced(version: FileVersion): boolean {
  const now = fileVersion(version.path);
  if (now === null) return false;
  const { inode, bytes, modifiedMs } = version;
  return now.inode !== inode || now.bytes !== bytes || now.modifiedMs !== modifiedMs;
}
