/** What arrived of a file, and the hash over it. */
import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { addFile, type HashOptions } from './sha256.ts';

export class PartFile {
  readonly #file: FileHandle;
  #hash: Hash;
  #bytes: number;

  private constructor(file: FileHandle, hash: Hash, bytes: number) {
    this.#file = file;
    this.#hash = hash;
    this.#bytes = bytes;
  }

  /** Reads what an earlier download left, so that the hash is over what lies on the disk and not over what was once received. */
  static async open(path: string, options: HashOptions): Promise<PartFile> {
    const file = await open(path, 'a');
    try {
      const hash = createHash('sha256');
      return new PartFile(file, hash, await addFile(hash, path, options));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#file.appendFile(chunk);
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  /** Forgets all of it. */
  async restart(): Promise<void> {
    await this.#file.truncate(0);
    this.#hash = createHash('sha256');
    this.#bytes = 0;
  }

  /** In lower-case hexadecimal; to be asked once. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  /** Only what has reached the disk may get the model's name. */
  async close(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
  }
}
