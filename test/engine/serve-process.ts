/** `hotset serve` in a process of its own, as a person starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { embeddedModelPath, root } from './model.ts';

export interface Serving {
  readonly url: string;
  readonly process: ChildProcess;
  /** What it wrote to stderr so far. */
  readonly complaints: () => string;
  readonly stop: () => Promise<void>;
}

/** @throws Error with what it wrote, where it ends before it answers */
export async function serve(...options: string[]): Promise<Serving> {
  const cli = join(root, 'dist', 'cli.cjs');
  const args = ['serve', '--port', '0', '--json', '--threads', '1', '--model', embeddedModelPath()];
  const child = spawn(process.execPath, [cli, ...args, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const exited = once(child, 'exit');
  const line = await Promise.race([once(createInterface(child.stdout), 'line'), exited.then(() => null)]);
  if (line === null) throw new Error(complaints);
  const { url } = JSON.parse(String(line[0])) as { url: string };
  return {
    url,
    process: child,
    complaints: () => complaints,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
