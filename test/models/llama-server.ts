/** llama.cpp's own server in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { llamaServer } from '../../scripts/build-llama-server.mjs';
import { until } from '../editor/until.ts';
import { freePort } from '../free-port.ts';

/** Why there is none to test with; false where there is one. */
export const notBuilt = existsSync(llamaServer)
  ? false
  : 'llama-server is not built: npm run build:llama-server makes it';

export interface LlamaServer {
  readonly url: string;
  /** At once, as the system would: what it was saying breaks off. */
  readonly kill: () => Promise<void>;
}

/**
 * @param model path of its GGUF file
 * @throws Error where it does not answer within a minute
 */
export async function startLlamaServer(model: string, ...options: string[]): Promise<LlamaServer> {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const common = ['--port', port, '--threads', '1', '--ctx-size', '4096', '--parallel', '1'];
  const child = spawn(llamaServer, ['--model', model, ...common, ...options], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  try {
    await until('llama-server is healthy', () => isHealthy(url), 60_000);
  } catch (error) {
    await kill();
    throw error;
  }
  return { url, kill };
}

async function isHealthy(url: string): Promise<boolean> {
  return await fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}
