/** `hotset serve`: the engine for other editors, until it is told to end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installationRoot } from '../engine/installation.ts';
import { isLoopback } from '../protocol/loopback.ts';
import { modelId } from '../serve/endpoints.ts';
import { HttpService } from '../serve/server.ts';
import { loadHelp, loadOptionTypes, loadParams } from './load-options.ts';
import { parse, wholeNumber } from './options.ts';
import { withProgressBar } from './progress-bar.ts';
import { openEngine } from './terminal-engine.ts';
import { UsageError } from './usage-error.ts';

const tokenVariable = 'HOTSET_TOKEN';

export const serveHelp = `hotset serve [options]

Offers the engine to other editors, as llama.cpp's server does (/infill, /completion, /health, /props) and as OpenAI's
completions do (/v1/completions, /v1/models), until Ctrl-C. llama.vim and llama.vscode work with it as they are. Only programs
of this machine are answered, and no web page; beyond it, a token is asked for.

${loadHelp}
  --host ADDRESS         to listen on; any other than this machine's own asks for a token (127.0.0.1)
  --port N               0: any that is free (8012)
  --token T              to be sent as "Authorization: Bearer T"; ${tokenVariable} where others could read the command line
  --json                 one object, once it answers`;

const optionTypes = {
  ...loadOptionTypes,
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8012' },
  token: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** @throws UsageError, EngineError */
export async function serveCommand(args: readonly string[]): Promise<void> {
  const { values } = parse({ args: [...args], options: optionTypes });
  const { host } = values;
  const port = wholeNumber('port', values.port, 0, 65_535);
  const token = values.token ?? process.env[tokenVariable] ?? null;
  if (token?.trim() === '') throw new UsageError('the token is empty');
  if (token === null && !isLoopback(host)) {
    throw new UsageError(
      `--host ${host}: others could reach it there; set a token, by --token or ${tokenVariable}`,
    );
  }

  const load = loadParams(values);
  const ended = toldToEnd();
  const engine = openEngine();
  try {
    const model = await withProgressBar('loading', (show) => engine.load(load, show));
    const service = new HttpService({ engine, model, access: { host, token }, version: ownVersion() });
    const url = addressOf(
      host,
      await service.listen(port).catch((error: unknown) => refuse(error, host, port)),
    );
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ url, model: modelId(model) })}\n`
        : `${modelId(model)} answers at ${url}\nCtrl-C ends it.\n`,
    );
    await ended;
    await service.close();
  } finally {
    await engine.close();
  }
}

async function toldToEnd(): Promise<void> {
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
}

function addressOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function refuse(error: unknown, host: string, port: number): never {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'EADDRINUSE') throw new UsageError(`port ${port} is taken: choose another with --port`);
  if (code === 'EACCES')
    throw new UsageError(`port ${port} may not be used: choose one above 1023 with --port`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    throw new UsageError(`--host ${host}: is no address of this machine`);
  }
  throw error;
}

function ownVersion(): string {
  const manifest = readFileSync(join(installationRoot(import.meta.dirname), 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
