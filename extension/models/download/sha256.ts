/** SHA-256 of files too large to hold in memory. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export interface HashOptions {
  readonly signal?: AbortSignal;
  /** @param bytes read so far */
  readonly onProgress?: (bytes: number) => void;
}

/** @returns lower-case hexadecimal */
export async function sha256Of(path: string, options: HashOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  await addFile(hash, path, options);
  return hash.digest('hex');
}

/** @returns how many bytes went in */
export async function addFile(
  hash: Hash,
  path: string,
  { signal, onProgress }: HashOptions = {},
): Promise<number> {
  let bytes = 0;
  const stream = createReadStream(path, {
    highWaterMark: 1 << 20,
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    onProgress?.(bytes);
  }
  return bytes;
}
